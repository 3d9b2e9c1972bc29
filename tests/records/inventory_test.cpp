// What `knoll gradcheck` checks, record by record: the op, layer or loss, the setting, the inputs, and what it makes of them.
#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

#include "support/golden_text.h"

#include <catch2/catch.hpp>

#include <array>
#include <charconv>

using namespace knoll;
using namespace knoll::apps;

namespace {

// Shape and the sum of all elements, each weighted by its place: another input, or another order, has another sum. Five digits, since compilers
// differ in the last of all.
std::string described(const Tensor& tensor) {
    double sum = 0;
    const std::vector<double> values = tensor.to_vector();
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * (1.0 + 0.01 * static_cast<double>(i % 97));
    std::array<char, 40> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), sum + 0.0, std::chars_format::scientific, 5).ptr;
    return text(tensor.dtype(), " ", tensor.shape(), " ", std::string(digits.data(), end));
}

std::string line_of(const CheckRecord& record) {
    std::string line = record.kind + " " + record.name() + ":";
    if (!record.no_gradient.empty()) return line + " no gradient: " + record.no_gradient + "\n";
    for (const Tensor& input : record.inputs) line += " " + described(input) + ",";
    line.back() = ' ';
    return line + "-> " + described(record.function(record.inputs)) + "\n";
}

}  // namespace

TEST_CASE("the records of ops, layers and losses are those that are kept: settings, inputs and values") {
    std::string list;
    for (const CheckRecord& record : check_records()) list += line_of(record);
    CHECK(test::difference_from_golden("records.txt", list) == "");
}
