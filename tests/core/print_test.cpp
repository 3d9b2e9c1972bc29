#include <knoll/core/ops/shape.h>
#include <knoll/core/tensor.h>
#include <catch2/catch.hpp>

#include <limits>
#include <sstream>

using namespace knoll;

namespace {

std::string printed(const Tensor& tensor) {
    std::ostringstream out;
    out << tensor;
    return out.str();
}

}  // namespace

TEST_CASE("a tensor is printed with its type and shape behind its values") {
    CHECK(printed(tensor({1.0, 2.5, -3.0})) == "[  1, 2.5,  -3] f32 [3]");
    CHECK(printed(scalar(0.1, DType::f64)) == "0.1 f64 []");
    CHECK(printed(tensor({1.0, 0.0, 255.0}, DType::u8)) == "[  1,   0, 255] u8 [3]");
    CHECK(printed(Tensor{}) == "undefined tensor");
}

TEST_CASE("rows of a printed tensor stand under each other") {
    CHECK(printed(reshape(arange(6), {2, 3})) == "[[0, 1, 2],\n [3, 4, 5]] i64 [2, 3]");
    CHECK(printed(reshape(arange(8), {2, 2, 2})) == "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]] i64 [2, 2, 2]");
}

TEST_CASE("empty tensors are printed as empty brackets") {
    CHECK(printed(zeros({0})) == "[] f32 [0]");
    CHECK(printed(zeros({2, 0}, DType::f64)) == "[[],\n []] f64 [2, 0]");
    CHECK(printed(zeros({0, 5}, DType::i64)) == "[] i64 [0, 5]");
}

TEST_CASE("numbers are printed with six digits, and what is no number by its name") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(printed(tensor({1.0 / 3.0, 1e-20, 12345678.0}, DType::f64)) == "[   0.333333,       1e-20, 1.23457e+07] f64 [3]");
    CHECK(printed(tensor({std::numeric_limits<double>::quiet_NaN(), infinity, -infinity})) == "[ nan,  inf, -inf] f32 [3]");
    CHECK(printed(scalar(-std::numeric_limits<double>::quiet_NaN(), DType::f64)) == "nan f64 []");
    CHECK(text(-std::numeric_limits<double>::quiet_NaN()) == "nan");
}

TEST_CASE("integers are printed with all digits") {
    const std::int64_t large = std::numeric_limits<std::int64_t>::min();
    CHECK(printed(from_data(Shape{1}, std::span(&large, 1))) == "[-9223372036854775808] i64 [1]");
}

TEST_CASE("long dimensions of tensors above a thousand elements are shortened to three at each end") {
    CHECK(printed(arange(1001)) == "[   0,    1,    2, ...,  998,  999, 1000] i64 [1001]");
    CHECK(printed(reshape(arange(2002), {1001, 2})) ==
          "[[   0,    1],\n [   2,    3],\n [   4,    5],\n ...,\n [1996, 1997],\n [1998, 1999],\n [2000, 2001]] i64 [1001, 2]");
    CHECK(printed(arange(1000)).find("...") == std::string::npos);
}

TEST_CASE("a huge tensor is printed in a few characters") { CHECK(printed(zeros({1000, 1000, 3}, DType::u8)).size() < 1000); }
