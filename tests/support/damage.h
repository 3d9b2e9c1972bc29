// Files damaged in every possible small way, for the tests of what reads them.
#pragma once

#include <knoll/core/error.h>
#include <catch2/catch.hpp>

#include <string>

namespace knoll {

/// Fails unless read(content) throws a FileError wherever the content is cut off.
template <class Read>
void check_every_cut_is_refused(const std::string& content, const Read& read) {
    for (std::size_t length = 0; length < content.size(); ++length) {
        INFO("cut to " << length << " of " << content.size() << " bytes");
        CHECK_THROWS_AS(read(content.substr(0, length)), FileError);
    }
}

/// Fails if read(content) does anything but succeed or throw a FileError, whichever bit is flipped.
template <class Read>
void check_every_flip_is_survived(const std::string& content, const Read& read) {
    int refused = 0;
    for (std::size_t byte = 0; byte < content.size(); ++byte)
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = content;
            damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
            INFO("bit " << bit << " of byte " << byte);
            try {
                read(damaged);
            } catch (const FileError&) {
                ++refused;
            }
        }
    CHECK(refused > 0);
}

}  // namespace knoll
