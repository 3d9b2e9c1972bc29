// Texts that are kept beside the tests: drawings and pages, as they are meant to look. Where one is to look otherwise, the new text is looked at
// and then put in place of the old one.
#pragma once

#include <string>

namespace knoll::test {

/// tests/golden/NAME.
std::string golden_text(const std::string& name);

/// Where two texts part: "line 3: expected A, got B"; empty where they are the same.
std::string first_difference(const std::string& expected, const std::string& got);

}  // namespace knoll::test
