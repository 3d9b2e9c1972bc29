// Texts that are kept beside the tests: drawings, pages and lists, as they are meant to look.
#pragma once

#include <string>

namespace knoll::test {

/// Holds a text against tests/golden/NAME, line by line. Empty where they are the same; else the first line in which they differ, and the file that
/// the text has been written to: where it is meant to look so from now on, that file is looked at and put in place of the other.
std::string difference_from_golden(const std::string& name, const std::string& text);

}  // namespace knoll::test
