#include "support/close.h"
#include "support/numbers.h"

#include <knoll/core/autograd.h>
#include <knoll/core/memory.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/storage.h>

#include <cmath>
#include <limits>
#include <sstream>

using namespace knoll;

namespace {

using Values = std::vector<double>;

}  // namespace

TEST_CASE("tensors are made from numbers, rows, spans and patterns, f32 unless told otherwise") {
    CHECK(zeros({2, 2}).to_vector() == Values{0, 0, 0, 0});
    CHECK(ones({2}, DType::u8).to_vector() == Values{1, 1});
    CHECK(full({2}, 2.5).to_vector() == Values{2.5, 2.5});
    CHECK(arange(3).to_vector() == Values{0, 1, 2});
    CHECK(arange(3).dtype() == DType::i64);
    CHECK(eye(2).to_vector() == Values{1, 0, 0, 1});
    CHECK(scalar(4.0).shape() == Shape{});
    CHECK(tensor({1.0, 2.0}).shape() == Shape{2});
    CHECK(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}).shape() == Shape{2, 3});
    CHECK(tensor({{1.0}, {2.0}}).shape() == Shape{2, 1});
    CHECK(tensor({{1, 2.5}}, DType::f64).to_vector() == Values{1, 2.5});
    CHECK(tensor({{3}}).shape() == Shape{1, 1});
    CHECK(tensor({1, 2.5, 3}).shape() == Shape{3});
    CHECK(tensor({}).shape() == Shape{0});
    CHECK(tensor({}, DType::i64).dtype() == DType::i64);
    CHECK(tensor(Values{1, 2, 3, 4}, {2, 2}).at<float>(1, 0) == 3);
    CHECK(zeros({3}).dtype() == DType::f32);
    CHECK(zeros_like(arange(3)).dtype() == DType::i64);
    CHECK(ones_like(tensor({{1.0, 2.0}}, DType::f64)).to_vector() == Values{1, 1});
    const std::vector<std::int64_t> integers = {std::numeric_limits<std::int64_t>::max(), -1};
    CHECK(from_data<std::int64_t>({2}, integers).at<std::int64_t>(0) == integers[0]);
    CHECK(arange(0).shape() == Shape{0});
}

TEST_CASE("a count of values that is not the shape's, or ragged rows, are refused") {
    CHECK_THROWS_WITH(tensor(Values{1, 2, 3}, {2, 2}), "[tensor] expected 4 values for shape [2, 2], got 3");
    CHECK_THROWS_WITH(tensor({{1.0, 2.0}, {3.0}}), "[tensor] expected rows of 2 values, got one of 1");
    const std::vector<float> values = {1, 2};
    CHECK_THROWS_WITH(from_data<float>({3}, values), "[from_data] expected 3 values for shape [3], got 2");
}

TEST_CASE("a shape that is negative or too large is refused before any memory is asked for") {
    CHECK_THROWS_WITH(empty({2, -1}), "[empty] expected extents of 0 or more, got [2, -1]");
    CHECK_THROWS_AS(empty({0, -1}), ShapeError);
    const std::int64_t huge = std::int64_t{1} << 40;
    CHECK_THROWS_WITH(empty({huge, huge}), Catch::StartsWith("[empty] expected a shape that fits into memory"));
    CHECK_THROWS_AS(empty({std::numeric_limits<std::int64_t>::max(), 2}), ShapeError);
    CHECK(empty({huge, 0, huge}).numel() == 0);
}

TEST_CASE("a refused shape is told under the name of the function that was called") {
    CHECK_THROWS_WITH(zeros({-1}), "[zeros] expected extents of 0 or more, got [-1]");
    CHECK_THROWS_WITH(ones({2, -1}), "[ones] expected extents of 0 or more, got [2, -1]");
    CHECK_THROWS_WITH(full({-1}, 2.0), "[full] expected extents of 0 or more, got [-1]");
    CHECK_THROWS_WITH(eye(-1), "[eye] expected extents of 0 or more, got [-1, -1]");
    CHECK_THROWS_WITH(arange(-1), "[arange] expected a count of 0 or more, got -1");
}

TEST_CASE("memory that the system does not have is an error with shape and bytes") {
    zeros({1024});
    if (memory_statistics().cached == 0) return;  // the address sanitizer ends the program instead
    CHECK_THROWS_AS(zeros({std::int64_t{1} << 46}), MemoryError);
    CHECK_THROWS_WITH(zeros({std::int64_t{1} << 46}), "[zeros] expected memory for shape [70368744177664], 281474976710656 bytes, got no more from the system");
}

TEST_CASE("an undefined tensor answers only whether it is defined") {
    const Tensor nothing;
    CHECK_FALSE(nothing.defined());
    CHECK_THROWS_WITH(nothing.shape(), "[tensor] expected a defined tensor, got an undefined one");
    CHECK_THROWS_AS(nothing.requires_grad(), Error);
    CHECK_THROWS_AS(nothing.clone(), Error);
}

TEST_CASE("elements are read by index within bounds, and by their type alone") {
    const Tensor x = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
    CHECK(x.at<float>(1, 2) == 6);
    CHECK(x.size(-1) == 3);
    CHECK(x.rank() == 2);
    CHECK_THROWS_WITH(x.at<float>(2, 0), "[at] expected indices within shape [2, 3], got [2, 0]");
    CHECK_THROWS_AS(x.at<float>(0, -1), IndexError);
    CHECK_THROWS_WITH(x.at<float>(0), "[at] expected 2 indices for shape [2, 3], got 1");
    CHECK_THROWS_WITH(x.data<double>(), "[data] expected a tensor of f64, got f32; convert with .to(DType::f64)");
    CHECK(scalar(3.0).at<float>() == 3);
}

TEST_CASE("item is the only element, of any shape") {
    CHECK(scalar(2.5, DType::f64).item() == 2.5);
    CHECK(full({1, 1}, 7, DType::u8).item() == 7);
    CHECK_THROWS_WITH(zeros({2}).item(), "[item] expected a tensor of one element, got shape [2]");
    CHECK_THROWS_AS(zeros({0}).item(), ShapeError);
}

TEST_CASE("handles share the array, clones do not, and detached handles leave the graph") {
    Tensor x = tensor({1.0, 2.0}).set_requires_grad();
    const Tensor alias = x, copy = x.clone(), detached = x.detach();
    CHECK(alias.is_same(x));
    CHECK_FALSE(copy.is_same(x));
    CHECK(copy.requires_grad());
    CHECK_FALSE(detached.requires_grad());
    {
        const NoGrad no_grad;
        x.fill_(5.0);
    }
    CHECK(alias.to_vector() == Values{5, 5});
    CHECK(detached.to_vector() == Values{5, 5});
    CHECK(copy.to_vector() == Values{1, 2});
}

TEST_CASE("changes in place are counted once each, for all who share the array") {
    Tensor x = zeros({2, 2});
    const Tensor flat = reshape(x, {4});
    x.fill_(1.0);
    x.copy_(tensor({2.0, 3.0}));
    x.mutable_data<float>()[0] = 9;
    CHECK(x.version() == 3);
    CHECK(flat.version() == 3);
    CHECK(flat.to_vector() == Values{9, 3, 2, 3});
}

TEST_CASE("copy_ broadcasts and converts, and refuses what does not fit") {
    Tensor x = zeros({2, 2}, DType::i64);
    x.copy_(tensor({1.7, -2.0}, DType::f64));
    CHECK(x.to_vector() == Values{1, -2, 1, -2});
    CHECK_THROWS_WITH(x.copy_(zeros({3})), Catch::StartsWith("[copy_] expected"));
    CHECK_THROWS_WITH(x.copy_(zeros({2, 2, 2})), "[copy_] expected a shape that broadcasts to [2, 2], got [2, 2, 2]");
    CHECK(x.version() == 1);
    const Tensor leaf = tensor({3.0, 4.0}).set_requires_grad();
    CHECK_THROWS_WITH(x.copy_(leaf), Catch::StartsWith("[copy_] expected an operand without a graph, got one that requires gradients"));
    {
        const NoGrad no_grad;
        x.copy_(leaf);
    }
    CHECK(x.to_vector() == Values{3, 4, 3, 4});
    Tensor recorded = tensor({1.0}).set_requires_grad() * 2.0;
    CHECK_THROWS_AS(recorded.copy_(zeros({1})), AutogradError);
}

TEST_CASE("conversion keeps values, and gradients flow between f32 and f64") {
    const Tensor x = tensor({1.5, -2.0}, DType::f64);
    CHECK(x.to(DType::f64).is_same(x));
    CHECK(x.to(DType::i64).to_vector() == Values{1, -2});
    CHECK(tensor({-0.5, 255.5}, DType::f64).to(DType::u8).to_vector() == Values{0, 255});
    CHECK_THROWS_WITH(tensor({256.0}).to(DType::u8), "[to] expected numbers within the range of u8, got 256");
    CHECK_THROWS_WITH(tensor({-1.0}).to(DType::u8), "[to] expected numbers within the range of u8, got -1");
    CHECK_THROWS_WITH(tensor({std::nan("")}).to(DType::i64), "[to] expected numbers within the range of i64, got nan");
    CHECK_THROWS_WITH(tensor({9223372036854775808.0}, DType::f64).to(DType::i64), Catch::Contains("within the range of i64"));
    CHECK(tensor({0.0, 3.0}, DType::u8).to(DType::f32).dtype() == DType::f32);
    const Tensor leaf = tensor({0.1, 0.2}, DType::f64).set_requires_grad();
    const Tensor single = leaf.to(DType::f32);
    CHECK(single.at<float>(0) == 0.1F);
    backward(sum(single * 3.0));
    CHECK(leaf.grad().dtype() == DType::f64);
    CHECK(leaf.grad().to_vector() == Values{3, 3});
    CHECK_FALSE(leaf.to(DType::i64).requires_grad());
}

TEST_CASE("numbers that a type of integers cannot hold are refused wherever a tensor is made or filled, under the function's name") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH(full({2}, -1, DType::u8), "[full] expected numbers within the range of u8, got -1");
    CHECK_THROWS_WITH(full({2}, 255.9 + 0.1, DType::u8), "[full] expected numbers within the range of u8, got 256");
    CHECK_THROWS_WITH(full({0}, nan, DType::i64), "[full] expected numbers within the range of i64, got nan");
    CHECK_THROWS_WITH(full({1}, 1e19, DType::i64), "[full] expected numbers within the range of i64, got 1e+19");
    CHECK_THROWS_WITH(scalar(300, DType::u8), "[scalar] expected numbers within the range of u8, got 300");
    CHECK_THROWS_WITH(tensor({300}, DType::u8), "[tensor] expected numbers within the range of u8, got 300");
    CHECK_THROWS_WITH(tensor({{1.0}, {nan}}, DType::u8), "[tensor] expected numbers within the range of u8, got nan");
    CHECK_THROWS_WITH(tensor(Values{-1}, {1}, DType::u8), "[tensor] expected numbers within the range of u8, got -1");
    CHECK_THROWS_WITH(arange(257, DType::u8), "[arange] expected numbers within the range of u8, got 256");
    CHECK(arange(256, DType::u8).at<std::uint8_t>(255) == 255);
    CHECK_THROWS_WITH(tensor({300.0}, DType::i64).to(DType::u8), "[to] expected numbers within the range of u8, got 300");
    CHECK_THROWS_WITH(tensor({-1.0}, DType::i64).to(DType::u8), "[to] expected numbers within the range of u8, got -1");
    Tensor bytes = zeros({2}, DType::u8);
    CHECK_THROWS_WITH(bytes.fill_(256), "[fill_] expected numbers within the range of u8, got 256");
    CHECK_THROWS_WITH(bytes.fill_(infinity), "[fill_] expected numbers within the range of u8, got inf");
    CHECK_THROWS_WITH(bytes.copy_(tensor({1.0, nan})), "[copy_] expected numbers within the range of u8, got nan");
    CHECK(bytes.version() == 0);
    CHECK(bytes.to_vector() == Values{0, 0});
    CHECK(bytes.fill_(7.9).to_vector() == Values{7, 7});  // fractions are cut off, as to() does
    CHECK(full({1}, -0.5, DType::u8).item() == 0);
}

TEST_CASE("an integer that no double holds fills a tensor of integers exactly") {
    const std::int64_t large = (std::int64_t{1} << 53) + 1;
    CHECK(full({1}, large, DType::i64).at<std::int64_t>(0) == large);
    CHECK(scalar(large, DType::i64).at<std::int64_t>() == large);
    CHECK(zeros({1}, DType::i64).fill_(large).at<std::int64_t>(0) == large);
    CHECK(full({1}, large).item() == 0x1p53);
}

TEST_CASE("shapes, lists of dimensions and element types are written to streams as in errors") {
    std::ostringstream out;
    out << tensor({{1.0, 2.0}}).shape() << ' ' << Dims{-1} << ' ' << Shape{} << ' ' << DType::u8 << ' ' << DType::f64;
    CHECK(out.str() == "[1, 2] [-1] [] u8 f64");
}

TEST_CASE("clone is differentiable") {
    const Tensor x = tensor({1.0, 2.0}, DType::f64).set_requires_grad();
    backward(sum(x.clone() * x));
    CHECK(x.grad().to_vector() == Values{2, 4});
}

TEST_CASE("a leaf asks for gradients, stops asking, and takes a gradient of its own shape") {
    Tensor x = tensor({1.0, 2.0}).set_requires_grad();
    CHECK(x.requires_grad());
    CHECK_FALSE(x.grad().defined());
    x.set_grad(tensor({3.0, 4.0}));
    CHECK(x.grad().to_vector() == Values{3, 4});
    x.zero_grad();
    CHECK_FALSE(x.grad().defined());
    CHECK_THROWS_WITH(x.set_grad(zeros({3})), "[set_grad] expected shape [2], got [3]");
    CHECK_THROWS_WITH(zeros({2}).set_grad(zeros({2})),
                      "[set_grad] expected a leaf that requires gradients, got one that does not; call set_requires_grad() first");
    CHECK_THROWS_WITH(zeros({2}).register_hook({}),
                      "[register_hook] expected a tensor that requires gradients, got one that does not; call set_requires_grad() first");
    const Tensor y = x * 2.0;
    CHECK_THROWS_WITH(Tensor(y).set_grad(zeros({2})), "[set_grad] expected a leaf that requires gradients, got the result of multiply; use detach()");
    CHECK_THROWS_WITH(Tensor(y).set_requires_grad(false), "[set_requires_grad] expected a leaf, got the result of multiply; use detach()");
    x.set_requires_grad(false);
    CHECK_FALSE(x.requires_grad());
    CHECK_THROWS_WITH(arange(2).set_requires_grad(), "[set_requires_grad] expected f32 or f64, got i64");
}
