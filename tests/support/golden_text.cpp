#include "support/golden_text.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace knoll::test {

std::string golden_text(const std::string& name) {
    const std::string path = std::string(KNOLL_TEST_DATA) + "/golden/" + name;
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string first_difference(const std::string& expected, const std::string& got) {
    std::istringstream left{expected}, right{got};
    for (int line = 1; left || right; ++line) {
        std::string a, b;
        std::getline(left, a);
        std::getline(right, b);
        if (a != b) return "line " + std::to_string(line) + ": expected " + a + ", got " + b;
    }
    return expected == got ? "" : "the same lines, but not the same end";
}

}  // namespace knoll::test
