// Every file of a fuzz target's corpus, damaged in every small way.
#pragma once

#include <knoll/core/error.h>
#include <catch2/catch.hpp>

#include "support/heap.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace knoll {

inline constexpr const char* hostile_path = "some/path";

/// What a reader promises of damaged files.
struct Promise {
    std::size_t bytes_per_byte;             ///< of memory, at most, per byte of the file
    std::size_t bytes_besides = 16 * 1024;  ///< and this, whatever the file's size: error texts, rounding
    bool may_be_cut = false;                ///< text can end anywhere between two lines
    std::size_t flipped = 512;              ///< bytes at the beginning of each file that are flipped: its header and more
    std::size_t idle_tail = 0;              ///< bytes at the end that mean nothing: a line end
};

inline std::vector<std::string> corpus_of(const std::string& format) {
    std::vector<std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(text(KNOLL_TEST_DATA, "/fuzz/corpus/", format))) {
        std::ifstream in(entry.path(), std::ios::binary);
        contents.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return contents;
}

/// The text with which read(content) was refused, if it was; memory within the promise. Anything but an Error fails the test case.
template <class Read>
std::optional<std::string> refusal(const std::string& content, const Promise& promise, const Read& read) {
    std::optional<std::string> reason;
    const std::size_t bytes = largest_allocation([&] {
        try {
            read(content);
        } catch (const Error& error) {
            reason = error.what();
        }
    });
    CHECK(bytes <= promise.bytes_per_byte * content.size() + promise.bytes_besides);
    return reason;
}

inline void check_teaches(const std::optional<std::string>& reason, std::initializer_list<const char*> parts) {
    if (!reason) return;
    for (const char* part : parts) CHECK_THAT(*reason, Catch::Contains(part));
}

/// read(content) must refuse every file of the format's corpus that is cut off anywhere, and survive every flipped bit.
template <class Read>
void check_hostile_files(const std::string& format, const Promise& promise, const Read& read) {
    const std::vector<std::string> contents = corpus_of(format);
    REQUIRE_FALSE(contents.empty());
    for (const std::string& content : contents) {
        CHECK_FALSE(refusal(content, promise, read));
        for (std::size_t length = 0; length < content.size(); ++length) {
            INFO(format << " cut to " << length << " of " << content.size() << " bytes");
            const auto reason = refusal(content.substr(0, length), promise, read);
            check_teaches(reason, {"some/path", "offset ", "expected ", "got "});
            CHECK((reason || promise.may_be_cut || length + promise.idle_tail >= content.size()));
        }
        int refused = 0;
        for (std::size_t byte = 0; byte < std::min(content.size(), promise.flipped); ++byte)
            for (int bit = 0; bit < 8; ++bit) {
                INFO(format << " with bit " << bit << " of byte " << byte << " flipped");
                std::string damaged = content;
                damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
                const auto reason = refusal(damaged, promise, read);
                check_teaches(reason, {"expected ", "got "});
                refused += reason.has_value() ? 1 : 0;
            }
        CHECK(refused > 0);
    }
}

}  // namespace knoll
