#include "records/expectations.h"

#include <stdexcept>

namespace knoll::records {

Expectations::Expectations() : records_(apps::check_records()) {
    for (const auto expect : {expect_elementwise, expect_binary, expect_reductions, expect_lines, expect_shapes, refuse_shapes, expect_windows, expect_indices,
                              expect_products, refuse_products, expect_images, expect_random, expect_layers, expect_losses})
        expect(*this);
}

Expectation& Expectations::value(const std::string& subject, const std::string& variant, Reference reference) {
    for (const apps::CheckRecord& record : records_)
        if (record.subject == subject && record.variant == variant && record.no_gradient.empty())
            return all_.emplace_back(Expectation{subject, variant, record.function, record.inputs, std::move(reference)});
    throw std::runtime_error("no record has the names " + subject + " and " + variant);
}

Expectation& Expectations::value_of(const std::string& subject, const std::string& variant, Inputs inputs, TensorsFunction function, Reference reference) {
    Expectation& added = all_.emplace_back(Expectation{subject, variant, std::move(function), std::move(inputs), std::move(reference)});
    added.smooth_order = 0;
    return added;
}

const Expectations& expectations() {
    static const Expectations all;
    return all;
}

std::vector<Inputs> inputs_of(const std::vector<Shape>& shapes, Tensor (*input)(const Shape&, std::uint64_t)) {
    std::vector<Inputs> inputs;
    for (const Shape& shape : shapes) inputs.push_back({input(shape, 3)});
    return inputs;
}

std::vector<Inputs> pairs_of(const std::vector<std::pair<Shape, Shape>>& shapes, Tensor (*input)(const Shape&, std::uint64_t)) {
    std::vector<Inputs> inputs;
    for (const auto& [a, b] : shapes) inputs.push_back({input(a, 3), input(b, 4)});
    return inputs;
}

std::vector<Inputs> odd_shapes(Tensor (*input)(const Shape&, std::uint64_t)) {
    return inputs_of({{}, {1}, {0}, {2, 0, 3}, {37}, {3, 7}, {1, 2, 1, 3, 1, 2, 1}}, input);
}

std::vector<Inputs> odd_pairs(Tensor (*input)(const Shape&, std::uint64_t)) {
    const std::vector<std::pair<Shape, Shape>> shapes{{{}, {}},
                                                      {{}, {2, 3}},
                                                      {{2, 3}, {}},
                                                      {{1}, {1}},
                                                      {{0}, {1}},
                                                      {{2, 0}, {1, 0}},
                                                      {{5, 1}, {1, 7}},
                                                      {{7}, {3, 1, 7}},
                                                      {{3, 1, 7}, {2, 1}},
                                                      {{37}, {37}},
                                                      {{1, 2, 1, 3, 1}, {2, 1, 1, 1, 2}}};
    return pairs_of(shapes, input);
}

}  // namespace knoll::records
