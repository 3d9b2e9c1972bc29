// Files damaged in every possible small way, for readers that take a path.
#pragma once

#include <knoll/core/error.h>
#include <catch2/catch.hpp>

#include "support/temporary_file.h"

#include <string>

namespace knoll {

/// Fails unless read(path) refuses the content with a FileError, cut off at every byte.
template <class Read>
void check_every_cut_is_refused(const std::string& content, const Read& read) {
    const TemporaryFile file;
    for (std::size_t length = 0; length < content.size(); ++length) {
        file.write(content.substr(0, length));
        INFO("cut to " << length << " of " << content.size() << " bytes");
        CHECK_THROWS_AS(read(file.path()), FileError);
    }
}

/// Fails unless read(path) refuses the content with a FileError whichever bit of bytes begin .. end-1 is flipped.
template <class Read>
void check_every_flip_is_refused(const std::string& content, std::size_t begin, std::size_t end, const Read& read) {
    const TemporaryFile file;
    for (std::size_t byte = begin; byte < end; ++byte)
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = content;
            damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
            file.write(damaged);
            INFO("bit " << bit << " of byte " << byte);
            CHECK_THROWS_AS(read(file.path()), FileError);
        }
}

/// Fails if read(path) does anything but succeed or throw a FileError, whichever bit is flipped.
template <class Read>
void check_every_flip_is_survived(const std::string& content, const Read& read) {
    const TemporaryFile file;
    int refused = 0;
    for (std::size_t byte = 0; byte < content.size(); ++byte)
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = content;
            damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
            file.write(damaged);
            INFO("bit " << bit << " of byte " << byte);
            try {
                read(file.path());
            } catch (const FileError&) {
                ++refused;
            }
        }
    CHECK(refused > 0);
}

}  // namespace knoll
