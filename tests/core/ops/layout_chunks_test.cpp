// Ops that only move elements, over several chunks and tiles, against plain loops; and what broadcasts over several chunks.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include <functional>
#include <numeric>

using namespace knoll;

namespace {

using LayoutPosition = std::vector<std::int64_t>;

// Elements in row-major order, each from the function of its position.
Doubles elements_of(const Shape& shape, const std::function<double(const LayoutPosition&)>& element) {
    Doubles values;
    LayoutPosition position(static_cast<std::size_t>(shape.rank()), 0);
    for (std::int64_t left = shape.numel(); left > 0; --left) {
        values.push_back(element(position));
        for (std::size_t i = position.size(); i-- > 0 && ++position[i] == shape[static_cast<std::int64_t>(i)];) position[i] = 0;
    }
    return values;
}

// Reads by position; 0 along dimensions of extent 1, the last dimensions of a longer position where there are fewer.
double element_at(const Doubles& values, const Shape& shape, const LayoutPosition& position) {
    std::int64_t flat = 0;
    const std::size_t skipped = position.size() - static_cast<std::size_t>(shape.rank());
    for (std::int64_t i = 0; i < shape.rank(); ++i) flat = flat * shape[i] + (shape[i] == 1 ? 0 : position[skipped + static_cast<std::size_t>(i)]);
    return values[static_cast<std::size_t>(flat)];
}

}  // namespace

TEST_CASE("every order of four dimensions moves every element of several chunks, and its gradient moves it back", "[chunks]") {
    const Shape shape{19, 37, 3, 33};
    std::vector<std::int64_t> order{0, 1, 2, 3};
    do {
        CAPTURE(order);
        const DType dtype = order[0] % 2 == 0 ? DType::f32 : DType::f64;
        const Tensor x = drawn(shape, dtype, 1).set_requires_grad();
        const Doubles values = x.to_vector();
        Dims dims;
        Shape permuted;
        for (const std::int64_t dim : order) {
            dims.push_back(dim);
            permuted.push_back(shape[dim]);
        }
        const Doubles expected = elements_of(permuted, [&](const LayoutPosition& at) {
            LayoutPosition source(4);
            for (std::size_t i = 0; i < 4; ++i) source[static_cast<std::size_t>(order[i])] = at[i];
            return element_at(values, shape, source);
        });
        const Tensor actual = permute(x, dims);
        CHECK(actual.shape() == permuted);
        CHECK(actual.to_vector() == expected);
        CHECK(grad(actual, x, {.grad_outputs = {tensor(expected, permuted, dtype)}}).to_vector() == values);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("slices with steps, flips and padding of several chunks move every element", "[chunks]") {
    const Shape shape{23, 41, 45};
    const Tensor x = drawn(shape, DType::f32, 2);
    const Doubles values = x.to_vector();
    for (std::int64_t dim = 0; dim < 3; ++dim)
        for (const std::int64_t step : {1, 2, 7}) {
            CAPTURE(dim, step);
            Shape cut = shape;
            cut[dim] = (shape[dim] - 3 + step - 1) / step;
            const auto moved_to = [&](LayoutPosition at) {
                at[static_cast<std::size_t>(dim)] = 2 + at[static_cast<std::size_t>(dim)] * step;
                return element_at(values, shape, at);
            };
            CHECK(slice(x, dim, 2, -1, step).to_vector() == elements_of(cut, moved_to));
        }
    for (int which = 1; which < 8; ++which) {
        CAPTURE(which);
        Dims dims;
        for (int d = 0; d < 3; ++d)
            if ((which >> d & 1) != 0) dims.push_back(d);
        CHECK(flip(x, dims).to_vector() == elements_of(shape, [&](LayoutPosition at) {
                  for (std::size_t d = 0; d < 3; ++d)
                      if ((which >> d & 1) != 0) at[d] = shape[static_cast<std::int64_t>(d)] - 1 - at[d];
                  return element_at(values, shape, at);
              }));
    }
    const std::int64_t before[3] = {2, -3, 5}, after[3] = {-1, 4, 17};
    const Shape padded{24, 42, 67};
    CHECK(pad(x, {{before[0], after[0]}, {before[1], after[1]}, {before[2], after[2]}}, 9).to_vector() == elements_of(padded, [&](LayoutPosition at) {
              for (std::size_t d = 0; d < 3; ++d) {
                  at[d] -= before[d];
                  if (at[d] < 0 || at[d] >= shape[static_cast<std::int64_t>(d)]) return 9.0;
              }
              return element_at(values, shape, at);
          }));
}

TEST_CASE("parts of several chunks are joined along any dimension, and cut again", "[chunks]") {
    for (std::int64_t dim = 0; dim < 3; ++dim) {
        CAPTURE(dim);
        const std::vector<std::int64_t> lengths{13, 1, 57};
        std::vector<Tensor> parts;
        std::vector<Doubles> values;
        Shape shape{29, 31, 37};
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            shape[dim] = lengths[i];
            parts.push_back(drawn(shape, DType::f64, i));
            values.push_back(parts[i].to_vector());
        }
        shape[dim] = 71;
        const Tensor joined = concat(parts, dim);
        CHECK(joined.to_vector() == elements_of(shape, [&](LayoutPosition at) {
                  std::size_t part = 0;
                  std::int64_t& along = at[static_cast<std::size_t>(dim)];
                  while (along >= lengths[part]) along -= lengths[part++];
                  return element_at(values[part], parts[part].shape(), at);
              }));
        const auto pieces = split(joined, lengths, dim);
        for (std::size_t i = 0; i < lengths.size(); ++i) CHECK(pieces[i].to_vector() == values[i]);
    }
}

TEST_CASE("operands broadcast along any dimensions of several chunks, and gradients are summed along them", "[chunks]") {
    const Shape shape{23, 31, 47};
    struct Operands {
        Shape a, b;
    };
    for (const Operands& operands : {Operands{{23, 31, 47}, {23, 31, 47}}, Operands{{23, 31, 47}, {47}}, Operands{{23, 31, 1}, {47}},
                                     Operands{{23, 1, 47}, {31, 1}}, Operands{{1, 31, 47}, {23, 1, 1}}, Operands{{31, 1}, {23, 1, 47}},
                                     Operands{{}, {23, 31, 47}}, Operands{{23, 31, 47}, {1, 31, 1}}, Operands{{1, 1, 47}, {23, 31, 1}}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            const Shape a_shape = operands.a, b_shape = operands.b;
            CAPTURE(a_shape, b_shape, to_string(dtype));
            const Tensor a = drawn(a_shape, dtype, 3).set_requires_grad(), b = (drawn(b_shape, dtype, 4) + 2.5).set_requires_grad(),
                         upstream = drawn(shape, dtype, 5);
            const Doubles x = a.to_vector(), y = b.to_vector(), g = upstream.to_vector();
            const Tensor quotient = a / b;
            check_near("quotient", quotient,
                       elements_of(shape, [&](const LayoutPosition& at) { return element_at(x, a_shape, at) / element_at(y, b_shape, at); }), 1e-6);
            check_near("where", where(a > b - 2.5, a, b),
                       elements_of(shape,
                                   [&](const LayoutPosition& at) {
                                       const double left = element_at(x, a_shape, at), right = element_at(y, b_shape, at);
                                       return static_cast<float>(left) > static_cast<float>(right - 2.5) ? left : right;
                                   }),
                       1e-6);
            const auto gradients = grad({quotient}, {a, b}, {.grad_outputs = {upstream}});
            // Each element of the result adds to one of an operand: the one that it reads.
            Doubles da(x.size()), db(y.size());
            Doubles at_a(x.size()), at_b(y.size());
            std::iota(at_a.begin(), at_a.end(), 0.0);
            std::iota(at_b.begin(), at_b.end(), 0.0);
            std::size_t next = 0;
            elements_of(shape, [&](const LayoutPosition& at) {
                const auto i = static_cast<std::size_t>(element_at(at_a, a_shape, at)), j = static_cast<std::size_t>(element_at(at_b, b_shape, at));
                da[i] += g[next] / y[j];
                db[j] -= g[next] * x[i] / (y[j] * y[j]);
                ++next;
                return 0.0;
            });
            check_near("gradient of a", gradients[0], da, dtype == DType::f32 ? 1e-5 : 1e-12);
            check_near("gradient of b", gradients[1], db, dtype == DType::f32 ? 1e-5 : 1e-12);
        }
}
