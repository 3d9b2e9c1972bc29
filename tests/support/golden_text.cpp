#include "support/golden_text.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace knoll::test {

namespace {

std::string read(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// As "line 3: expected A, got B".
std::string first_difference(const std::string& expected, const std::string& got) {
    std::istringstream left{expected}, right{got};
    for (int line = 1; left || right; ++line) {
        std::string a, b;
        std::getline(left, a);
        std::getline(right, b);
        if (a != b) return "line " + std::to_string(line) + ": expected " + a + ", got " + b;
    }
    return "the same lines, but not the same end";
}

// A file in the folder for temporary ones.
std::string kept_for_a_look(const std::string& name, const std::string& text) {
    std::string file = "knoll-" + name;
    std::replace(file.begin(), file.end(), '/', '-');
    const std::string path = (std::filesystem::temp_directory_path() / file).string();
    std::ofstream{path, std::ios::binary} << text;
    return path;
}

}  // namespace

std::string difference_from_golden(const std::string& name, const std::string& text) {
    const std::string expected = read(std::string(KNOLL_TEST_DATA) + "/golden/" + name);
    if (expected == text) return "";
    return "golden/" + name + ", " + first_difference(expected, text) + "; all of it is in " + kept_for_a_look(name, text);
}

}  // namespace knoll::test
