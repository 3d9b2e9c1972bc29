#include <knoll/core/kernels/winograd_transforms.h>
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <vector>

using namespace knoll;
using namespace knoll::kernels::winograd;

namespace {

using Matrix = std::vector<std::vector<double>>;

// The matrix of a transform, column by column from unit vectors.
template <class Transform>
Matrix matrix_of() {
    Matrix matrix(Transform::to, std::vector<double>(Transform::from));
    for (int j = 0; j < Transform::from; ++j) {
        std::array<float, Transform::from> unit{};
        std::array<float, Transform::to> result{};
        unit[static_cast<std::size_t>(j)] = 1;
        Transform::apply(unit.data(), 1, result.data(), 1);
        for (std::size_t i = 0; i < result.size(); ++i) matrix[i][static_cast<std::size_t>(j)] = static_cast<double>(result[i]);
    }
    return matrix;
}

void check_transposes(const Matrix& a, const Matrix& b) {
    REQUIRE(a.size() == b[0].size());
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j) CHECK(a[i][j] == Approx(b[j][i]).margin(1e-7));
}

// Numbers without a pattern.
float number(int i) { return static_cast<float>(std::sin(2.3 * i + 0.7)); }

template <class Transform>
void check_square() {
    constexpr int from = Transform::from, to = Transform::to;
    const Matrix matrix = matrix_of<Transform>();
    std::array<float, from * from> square{};
    std::array<float, to * to> result{};
    for (int i = 0; i < from * from; ++i) square[static_cast<std::size_t>(i)] = number(i);
    transform_square<Transform>(square.data(), result.data());
    for (std::size_t i = 0; i < to; ++i)
        for (std::size_t j = 0; j < to; ++j) {
            double expected = 0;
            for (std::size_t k = 0; k < from; ++k)
                for (std::size_t l = 0; l < from; ++l) expected += matrix[i][k] * static_cast<double>(square[k * from + l]) * matrix[j][l];
            CHECK(static_cast<double>(result[i * to + j]) == Approx(expected).margin(3e-5));
        }
}

template <class Transform>
void check_steps() {
    std::array<float, 3 * Transform::from> spread{};
    std::array<float, Transform::from> close{};
    std::array<float, 5 * Transform::to> far_result{};
    std::array<float, Transform::to> result{};
    for (int i = 0; i < Transform::from; ++i) spread[static_cast<std::size_t>(3 * i)] = close[static_cast<std::size_t>(i)] = number(i);
    Transform::apply(close.data(), 1, result.data(), 1);
    Transform::apply(spread.data(), 3, far_result.data(), 5);
    for (std::size_t i = 0; i < far_result.size(); ++i) CHECK(far_result[i] == (i % 5 == 0 ? result[i / 5] : 0.0F));
}

}  // namespace

TEST_CASE("six points make four results of a correlation with three taps, for every pair of unit vectors") {
    const Matrix input = matrix_of<InputTransform>(), weight = matrix_of<WeightTransform>(), output = matrix_of<OutputTransform>();
    for (std::size_t y = 0; y < outputs; ++y)
        for (std::size_t d = 0; d < inputs; ++d)
            for (std::size_t g = 0; g < taps; ++g) {
                CAPTURE(y, d, g);
                double result = 0;
                for (std::size_t p = 0; p < inputs; ++p) result += output[y][p] * weight[p][g] * input[p][d];
                CHECK(result == Approx(d == y + g ? 1.0 : 0.0).margin(1e-6));
            }
}

TEST_CASE("the transforms of gradients are the transposes") {
    check_transposes(matrix_of<UpstreamTransform>(), matrix_of<OutputTransform>());
    check_transposes(matrix_of<WeightGradientTransform>(), matrix_of<WeightTransform>());
}

TEST_CASE("a square is transformed from both sides") {
    check_square<InputTransform>();
    check_square<OutputTransform>();
    check_square<UpstreamTransform>();
    check_square<WeightTransform>();
    check_square<WeightGradientTransform>();
}

TEST_CASE("values may lie apart, and nothing is written between them") {
    check_steps<InputTransform>();
    check_steps<OutputTransform>();
    check_steps<UpstreamTransform>();
    check_steps<WeightTransform>();
    check_steps<WeightGradientTransform>();
}

TEST_CASE("vectors are transformed lane by lane") {
    constexpr std::size_t lanes = kernels::vector_lanes<float>;
    std::array<float, points * lanes> values{}, results{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = number(static_cast<int>(i));
    kernels::run_vectorized([from = values.data(), into = results.data()] {
        kernels::Vector<float> square[points], transformed[points];
        for (std::size_t p = 0; p < points; ++p) kernels::load(from + p * lanes, square[p]);
        transform_square<InputTransform>(square, transformed);
        for (std::size_t p = 0; p < points; ++p) kernels::store(into + p * lanes, transformed[p]);
    });
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        std::array<float, points> square{}, transformed{};
        for (std::size_t p = 0; p < points; ++p) square[p] = values[p * lanes + lane];
        transform_square<InputTransform>(square.data(), transformed.data());
        for (std::size_t p = 0; p < points; ++p) CHECK(results[p * lanes + lane] == Approx(transformed[p]).margin(3e-6));
    }
}
