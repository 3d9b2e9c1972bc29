#include "records/expectations.h"
#include "records/references.h"

#include <knoll/core/ops/ops.h>

#include <cmath>

namespace knoll::records {

namespace {

using Elements = std::vector<double>;
using ElementsSummary = double (*)(const Elements&);
using ReductionOp = Tensor (*)(const Tensor&, const Dims&, bool);
using Input = Tensor (*)(const Shape&, std::uint64_t);

double product_of(const Elements& x) {
    double product = 1.0;
    for (const double value : x) product *= value;
    return product;
}

double smallest_of(const Elements& x) {
    double smallest = x.at(0);
    for (const double value : x)
        if (std::isnan(value) || value < smallest) smallest = value;
    return smallest;
}

// In long double no exponential of what is tried here overflows: nothing has to be shifted.
long double sum_of_exponentials(const Elements& x) {
    long double total = 0.0L;
    for (const double value : x) total += std::exp(static_cast<long double>(value));
    return total;
}

double logsumexp_of(const Elements& x) { return static_cast<double>(std::log(sum_of_exponentials(x))); }

template <int correction>
double variance_of(const Elements& x) {
    const double mean = mean_of(x);
    double squares = 0.0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    return squares / static_cast<double>(static_cast<int>(x.size()) - correction);
}

// Shapes of one dimension or more whose last has elements, some of the others none.
std::vector<Shape> shapes_with_last() { return {{1}, {37}, {0, 3}, {3, 7}, {17, 1}, {2, 0, 3}, {1, 2, 1, 3, 1, 2, 2}}; }
// The same of the first dimension.
std::vector<Shape> shapes_with_first() { return {{1}, {37}, {3, 0}, {3, 7}, {1, 17}, {3, 37}, {2, 1, 1, 3, 1, 2, 1}}; }
// The same of the second.
std::vector<Shape> shapes_with_second() { return {{1, 1}, {17, 3}, {0, 3}, {2, 3, 0}, {2, 17, 3}, {2, 2, 37}, {1, 2, 1, 3, 1, 2, 1}}; }
// The same of the first and third.
std::vector<Shape> shapes_with_outer() { return {{1, 1, 1}, {3, 0, 2}, {3, 7, 5}, {2, 1, 17}, {2, 3, 1, 2, 1, 2, 1}}; }
// The same of all.
std::vector<Shape> shapes_with_all() { return {{}, {1}, {37}, {3, 7}, {1, 2, 1, 3, 1, 2, 1}}; }

// More than one chunk and tile along each of the kernels' three ways.
void expect_large(Expectations& book, const char* name, ReductionOp reduce, Input input, ElementsSummary f) {
    book.value_of(
        name, "large, all", {input({40009}, 1)}, [reduce](const auto& in) { return reduce(in[0], {}, false); }, along({}, false, f));
    book.value_of(
        name, "large, first dim", {input({401, 131}, 1)}, [reduce](const auto& in) { return reduce(in[0], 0, false); }, along({0}, false, f));
    book.value_of(
        name, "large, last dim", {input({131, 401}, 1)}, [reduce](const auto& in) { return reduce(in[0], 1, false); }, along({1}, false, f));
    book.value_of(
        name, "large, middle dim", {input({3, 307, 37}, 1)}, [reduce](const auto& in) { return reduce(in[0], 1, true); }, along({1}, true, f));
}

// What holds no NaN at its first element would be found by chance where this is not.
void expect_nan(Expectations& book, const char* name, ReductionOp reduce, ElementsSummary f) {
    Tensor x = apps::normal_input({3, 70});
    for (const std::int64_t at : {std::int64_t{5}, std::int64_t{75}, std::int64_t{200}}) x.mutable_data<double>()[static_cast<std::size_t>(at)] = std::nan("");
    book.value_of(
        name, "NaN, last dim", {x}, [reduce](const auto& in) { return reduce(in[0], 1, false); }, along({1}, false, f));
    book.value_of(
        name, "NaN, first dim", {x}, [reduce](const auto& in) { return reduce(in[0], 0, false); }, along({0}, false, f));
}

void expect_reduction(Expectations& book, const char* name, ReductionOp reduce, Input input, ElementsSummary f) {
    book.value(name, "all", along({}, false, f)).also(inputs_of(shapes_with_all(), input));
    book.value(name, "first dim", along({0}, false, f)).also(inputs_of(shapes_with_first(), input));
    book.value(name, "last dim", along({-1}, false, f)).also(inputs_of(shapes_with_last(), input));
    book.value(name, "dim 1", along({1}, false, f)).also(inputs_of(shapes_with_second(), input));
    book.value(name, "dims 0 and 2, keepdim", along({0, 2}, true, f)).also(inputs_of(shapes_with_outer(), input));
    expect_nan(book, name, reduce, f);
    const Shape seven{2, 3, 1, 2, 3, 1, 2};
    book.value_of(
        name, "every second of seven dims", {input(seven, 1)},
        [reduce](const auto& in) {
            return reduce(in[0], {6, 0, -3, 2}, false);
        },
        along({0, 2, 4, 6}, false, f));
}

void expect_differentiable(Expectations& book) {
    expect_reduction(book, "sum", sum, apps::normal_input, sum_of);
    expect_reduction(book, "mean", mean, apps::normal_input, mean_of);
    expect_reduction(book, "prod", prod, apps::nonzero_input, product_of);
    expect_reduction(book, "max", max, apps::distinct_input, largest_of);
    expect_reduction(book, "min", min, apps::distinct_input, smallest_of);
    expect_reduction(book, "logsumexp", logsumexp, apps::normal_input, logsumexp_of);
    expect_large(book, "sum", sum, apps::normal_input, sum_of);
    expect_large(book, "mean", mean, apps::normal_input, mean_of);
    expect_large(book, "max", max, apps::normal_input, largest_of);
    expect_large(book, "min", min, apps::normal_input, smallest_of);
    expect_large(book, "logsumexp", logsumexp, apps::normal_input, logsumexp_of);
    book.value("prod", "with zeros", along({1}, false, product_of)).also({{zeros({3, 4}, DType::f64)}, {apps::nonzero_input({3, 17})}}).may_vanish = true;

    book.value_of(
        "logsumexp", "large numbers", {tensor({{1000.0, 1001.0, 1002.0}, {-1000.0, -1001.0, -1002.0}}, DType::f64)},
        [](const auto& in) { return logsumexp(in[0], 1); }, along({1}, false, logsumexp_of));
}

void expect_no_elements(Expectations& book) {
    book.value_of(
        "sum", "no elements", {zeros({0, 3}, DType::f64)}, [](const auto& in) { return sum(in[0], 0); }, along({0}, false, sum_of));
    book.value_of(
        "prod", "no elements", {zeros({0, 3}, DType::f64)}, [](const auto& in) { return prod(in[0], 0); }, along({0}, false, product_of));
    book.value_of(
        "logsumexp", "no elements", {zeros({0, 3}, DType::f64)}, [](const auto& in) { return logsumexp(in[0], 0); }, along({0}, false, logsumexp_of));
}

void expect_integer_reductions(Expectations& book) {
    const Tensor integers = apps::index_input({5, 7}, 9), bytes = full({5, 70}, 200.0, DType::u8);
    const std::vector<std::tuple<const char*, ReductionOp, ElementsSummary>> reductions{
        {"sum", sum, sum_of}, {"prod", prod, product_of}, {"max", max, largest_of}, {"min", min, smallest_of}};
    for (const auto& [name, reduce, f] : reductions) {
        book.value_of(
            name, "i64", {integers}, [reduce = reduce](const auto& in) { return reduce(in[0], 0, false); }, along({0}, false, f));
        book.value_of(
            name, "u8", {integers.to(DType::u8)}, [reduce = reduce](const auto& in) { return reduce(in[0], 1, false); }, along({1}, false, f));
    }
    book.value_of(
        "sum", "u8 beyond 255", {bytes}, [](const auto& in) { return sum(in[0], 1); }, along({1}, false, sum_of));
}

void expect_variances(Expectations& book) {
    book.value("var", "all", along({}, false, variance_of<1>)).also(inputs_of({{37}, {3, 7}, {1, 2, 1, 3, 1, 2, 1}}, apps::normal_input));
    book.value("var", "dim 2, population", along({2}, true, variance_of<0>))
        .also(inputs_of({{1, 1, 37}, {0, 2, 3}, {3, 2, 17}, {1, 2, 3, 1, 1, 2, 1}}, apps::normal_input));
    book.value("var", "dims 0 and 2, keepdim", along({0, 2}, true, variance_of<1>))
        .also(inputs_of({{2, 1, 1}, {3, 0, 2}, {3, 7, 5}, {2, 3, 2, 1, 2, 1, 1}}, apps::normal_input));
    book.value_of(
        "var", "population of one", {apps::normal_input({3, 1})}, [](const auto& in) { return var(in[0], 1, false, 0); }, along({1}, false, variance_of<0>));
    book.value_of(
        "var", "far from 0", {apps::normal_input({3, 401}) + 300.0}, [](const auto& in) { return var(in[0], 1); }, along({1}, false, variance_of<1>));
}

void refuse_reduced_dimensions(Expectations& book) {
    const std::vector<std::pair<const char*, ReductionOp>> reductions{
        {"sum", sum},
        {"mean", mean},
        {"max", max},
        {"min", min},
        {"prod", prod},
        {"logsumexp", logsumexp},
        {"var", [](const Tensor& a, const Dims& dims, bool keepdim) { return var(a, dims, keepdim); }},
    };
    const Tensor x = apps::normal_input({2, 3});
    for (const auto& [name, reduce] : reductions) {
        const std::string op = std::string("[") + name + "] ";
        book.refuse(
            name, [reduce = reduce, x] { reduce(x, 2, false); }, op + "expected a dimension from -2 to 1 for a tensor of rank 2, got 2");
        book.refuse(
            name,
            [reduce = reduce, x] {
                reduce(x, {0, -3}, false);
            },
            op + "expected a dimension from -2 to 1 for a tensor of rank 2, got -3");
        book.refuse(
            name,
            [reduce = reduce, x] {
                reduce(x, {1, -1}, false);
            },
            op + "expected each dimension once, got [1, -1]");
    }
}

void refuse_integers(Expectations& book) {
    const std::string text = "expected f32 or f64, got i64; convert with .to(DType::f32)";
    book.refuse(
        "mean", [] { mean(arange(3)); }, "[mean] " + text);
    book.refuse(
        "var", [] { var(arange(3)); }, "[var] " + text);
    book.refuse(
        "logsumexp", [] { logsumexp(arange(3)); }, "[logsumexp] " + text);
}

void refuse_emptiness(Expectations& book) {
    const Tensor none = zeros({0, 3}, DType::f64), one = zeros({1, 3}, DType::f64);
    book.refuse(
        "mean", [none] { mean(none, 0); }, "[mean] expected at least one element, got shape [0, 3]");
    book.refuse(
        "max", [none] { max(none); }, "[max] expected at least one element to choose from, got shape [0, 3]");
    book.refuse(
        "min", [none] { min(none, 0); }, "[min] expected at least one element to choose from, got shape [0, 3]");
    book.refuse(
        "var", [one] { var(one, 0); },
        "[var] expected more than 1 elements to reduce, the correction, got 1 from shape [1, 3]; pass a correction of 0 for the population's variance");
    book.refuse(
        "var", [none] { var(none, 0, false, 0); }, "[var] expected more than 0 elements to reduce, the correction, got 0 from shape [0, 3]");
}

}  // namespace

void expect_reductions(Expectations& book) {
    expect_differentiable(book);
    expect_no_elements(book);
    expect_integer_reductions(book);
    expect_variances(book);
    refuse_reduced_dimensions(book);
    refuse_integers(book);
    refuse_emptiness(book);
}

}  // namespace knoll::records
