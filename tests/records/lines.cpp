// What works along lines of elements and does not reduce them to one.
#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace knoll::records {

namespace {

using Elements = std::vector<double>;
using LineFunction = std::function<Elements(const Elements&)>;

// f of every line along the dimensions (none: all of them), in place of it; of another length than it if one is given, along a
// single dimension.
Reference each_line(const Index& dims, const LineFunction& f, std::int64_t length = -1) {
    return [=](const std::vector<Naive>& in) {
        const Naive& x = in[0];
        std::vector<bool> inside(x.shape.size(), dims.empty());
        for (const std::int64_t dim : dims)
            if (x.rank() > 0) inside[static_cast<std::size_t>(dim < 0 ? dim + x.rank() : dim)] = true;
        const auto line_of = [&](Index index) {
            for (std::size_t i = 0; i < index.size(); ++i)
                if (inside[i]) index[i] = 0;
            return index;
        };
        std::map<Index, Elements> lines;
        for_each_index(x.shape, [&](const Index& i) { lines[line_of(i)].push_back(x[i]); });
        for (auto& [index, line] : lines) line = f(line);
        Index shape = x.shape;
        for (std::size_t i = 0; length >= 0 && i < shape.size(); ++i)
            if (inside[i]) shape[i] = length;
        std::map<Index, std::size_t> used;
        return generate(shape, [&](const Index& i) { return lines[line_of(i)].at(used[line_of(i)]++); });
    };
}

// In long double no exponential of what is tried here overflows: nothing has to be shifted.
Elements softmax_of(const Elements& x) {
    long double total = 0.0L;
    for (const double value : x) total += std::exp(static_cast<long double>(value));
    Elements result;
    for (const double value : x) result.push_back(static_cast<double>(std::exp(static_cast<long double>(value)) / total));
    return result;
}

Elements log_softmax_of(const Elements& x) {
    long double total = 0.0L;
    for (const double value : x) total += std::exp(static_cast<long double>(value));
    const auto log_total = static_cast<double>(std::log(total));
    Elements result;
    for (const double value : x) result.push_back(value - log_total);
    return result;
}

Elements running_sum(const Elements& x) {
    Elements result(x.size());
    std::partial_sum(x.begin(), x.end(), result.begin());
    return result;
}

// Where the elements of a line in order stand, equal ones as they came. NaN is larger than any number.
std::vector<std::size_t> order_of(const Elements& x, bool descending) {
    const auto is_less = [](double a, double b) { return a < b || (!std::isnan(a) && std::isnan(b)); };
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return descending ? is_less(x[j], x[i]) : is_less(x[i], x[j]); });
    return order;
}

// The first so many values in order (all, if negative).
LineFunction sorted(bool descending, std::int64_t count = -1) {
    return [=](const Elements& x) {
        Elements result;
        for (const std::size_t at : order_of(x, descending)) result.push_back(x[at]);
        if (count >= 0) result.resize(static_cast<std::size_t>(count));
        return result;
    };
}

LineFunction sorted_positions(bool descending, std::int64_t count = -1) {
    return [=](const Elements& x) {
        Elements result;
        for (const std::size_t at : order_of(x, descending)) result.push_back(static_cast<double>(at));
        if (count >= 0) result.resize(static_cast<std::size_t>(count));
        return result;
    };
}

double largest_at(const Elements& x) { return static_cast<double>(order_of(x, true).at(0)); }

double smallest_at(const Elements& x) {
    const auto nan = std::find_if(x.begin(), x.end(), [](double value) { return std::isnan(value); });
    return nan != x.end() ? static_cast<double>(nan - x.begin()) : static_cast<double>(order_of(x, false).at(0));
}

// A softmax of one element is 1 whatever that is: gradients vanish.
void expect_softmax(Expectations& book) {
    const auto of = [](const std::vector<Shape>& shapes) { return inputs_of(shapes, apps::normal_input); };
    const std::vector<Shape> any{{}, {1}, {0}, {37}, {3, 7}, {17, 1}, {2, 0, 3}, {3, 0}, {1, 2, 1, 3, 1, 2, 2}};
    book.value("softmax", "all", each_line({}, softmax_of)).also(of(any)).may_vanish = true;
    book.value("softmax", "last dim", each_line({-1}, softmax_of)).also(of(any)).may_vanish = true;
    book.value("softmax", "dims 0 and 1", each_line({0, 1}, softmax_of)).also(of({{1, 1}, {17, 3}, {0, 3}, {3, 7, 5}, {1, 2, 1, 3, 1, 2, 1}})).may_vanish =
        true;
    book.value("log_softmax", "last dim", each_line({-1}, log_softmax_of)).also(of(any)).may_vanish = true;
    book.value("log_softmax", "dim 1", each_line({1}, log_softmax_of)).also(of({{3, 1}, {3, 17}, {0, 3}, {3, 0, 2}, {2, 3, 1, 2, 1, 2, 1}})).may_vanish = true;
    book.value("log_softmax", "dims 0 and 2", each_line({0, 2}, log_softmax_of))
        .also(of({{1, 3, 1}, {3, 2, 17}, {0, 3, 2}, {2, 1, 3, 2, 1, 2, 1}}))
        .may_vanish = true;
    const Tensor large = 1000.0 * apps::normal_input({5, 401});
    book.value_of(
        "softmax", "large numbers", {large}, [](const auto& in) { return softmax(in[0], 1); }, each_line({1}, softmax_of));
    book.value_of(
        "log_softmax", "large numbers", {large}, [](const auto& in) { return log_softmax(in[0], 1); }, each_line({1}, log_softmax_of));
}

void expect_running_sums(Expectations& book) {
    const auto of = [](const std::vector<Shape>& shapes) { return inputs_of(shapes, apps::normal_input); };
    book.value("cumsum", "last dim", each_line({-1}, running_sum)).also(of({{}, {1}, {0}, {37}, {3, 7}, {3, 0}, {2, 0, 3}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value("cumsum", "dim 1", each_line({1}, running_sum)).also(of({{3, 1}, {3, 17}, {0, 3}, {3, 0, 2}, {2, 3, 37}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value_of(
        "cumsum", "large", {apps::normal_input({3, 307, 131})}, [](const auto& in) { return cumsum(in[0], 1); }, each_line({1}, running_sum));
    book.value_of(
        "cumsum", "i64", {apps::index_input({5, 7}, 9)}, [](const auto& in) { return cumsum(in[0], 0); }, each_line({0}, running_sum));
    book.value_of(
        "cumsum", "u8 beyond 255", {full({5, 7}, 200.0, DType::u8)}, [](const auto& in) { return cumsum(in[0], 1); }, each_line({1}, running_sum));
}

void expect_order(Expectations& book) {
    const auto of = [](const std::vector<Shape>& shapes) { return inputs_of(shapes, apps::distinct_input); };
    book.value("sort", "ascending", each_line({-1}, sorted(false))).also(of({{}, {1}, {0}, {37}, {3, 17}, {3, 0}, {2, 0, 3}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value("sort", "dim 0, descending", each_line({0}, sorted(true))).also(of({{}, {1}, {0}, {37}, {17, 3}, {3, 0}, {0, 3}, {2, 2, 1, 3, 1, 2, 2}}));
    book.value("topk", "largest", each_line({-1}, sorted(true, 2), 2)).also(of({{2}, {37}, {3, 17}, {0, 3}, {2, 0, 2}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value("topk", "dim 0, smallest", each_line({0}, sorted(false, 2), 2)).also(of({{2}, {37}, {17, 3}, {3, 0}, {2, 2, 1, 3, 1, 2, 2}}));

    const Tensor ties = apps::index_input({3, 41, 5}, 4);
    book.value_of(
        "sort", "positions", {ties.to(DType::f64)}, [](const auto& in) { return sort(in[0], 1).indices; }, each_line({1}, sorted_positions(false)));
    book.value_of(
        "sort", "positions, descending, i64", {ties}, [](const auto& in) { return sort(in[0], 1, true).indices; }, each_line({1}, sorted_positions(true)));
    book.value_of(
        "topk", "positions", {ties.to(DType::f64)}, [](const auto& in) { return topk(in[0], 7, 1).indices; }, each_line({1}, sorted_positions(true, 7), 7));
    book.value_of(
        "topk", "none", {ties.to(DType::f64)}, [](const auto& in) { return topk(in[0], 0, 1).values; }, each_line({1}, sorted(true, 0), 0));
    book.value_of(
        "topk", "all, u8", {ties.to(DType::u8)}, [](const auto& in) { return topk(in[0], 5).values; }, each_line({2}, sorted(true)));
}

void expect_positions(Expectations& book) {
    const auto of = [](const std::vector<Shape>& shapes) { return inputs_of(shapes, apps::distinct_input); };
    const Tensor ties = apps::index_input({3, 131, 5}, 40);
    const Inputs x{apps::distinct_input({3, 5})};
    book.value_of(
            "argmax", "all", x, [](const auto& in) { return argmax(in[0]); }, along({}, false, largest_at))
        .also(of({{}, {1}, {37}, {131, 5}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value_of(
            "argmin", "all", x, [](const auto& in) { return argmin(in[0]); }, along({}, false, smallest_at))
        .also(of({{}, {1}, {37}, {131, 5}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value_of(
            "argmax", "dim 1, keepdim", x, [](const auto& in) { return argmax(in[0], 1, true); }, along({1}, true, largest_at))
        .also(of({{0, 3}, {3, 37}, {3, 5, 0}, {3, 17, 37}, {1, 2, 1, 3, 1, 2, 2}}));
    book.value_of(
            "argmin", "first dim", x, [](const auto& in) { return argmin(in[0], 0); }, along({0}, false, smallest_at))
        .also(of({{3}, {3, 0}, {37, 3}, {131, 37}, {3, 2, 1, 3, 1, 2, 2}}));
    book.value_of(
        "argmax", "ties", {ties.to(DType::f64)}, [](const auto& in) { return argmax(in[0], -2); }, along({1}, false, largest_at));
    book.value_of(
        "argmin", "ties, i64", {ties}, [](const auto& in) { return argmin(in[0], 1); }, along({1}, false, smallest_at));
    book.value_of(
        "argmax", "ties, u8", {ties.to(DType::u8)}, [](const auto& in) { return argmax(in[0], 0); }, along({0}, false, largest_at));
}

void refuse_lines(Expectations& book) {
    const std::vector<std::pair<const char*, void (*)(const Tensor&, std::int64_t)>> subjects{
        {"softmax", [](const Tensor& x, std::int64_t dim) { softmax(x, dim); }},
        {"log_softmax", [](const Tensor& x, std::int64_t dim) { log_softmax(x, dim); }},
        {"cumsum", [](const Tensor& x, std::int64_t dim) { cumsum(x, dim); }},
        {"sort", [](const Tensor& x, std::int64_t dim) { sort(x, dim); }},
        {"topk", [](const Tensor& x, std::int64_t dim) { topk(x, 1, dim); }},
        {"argmax", [](const Tensor& x, std::int64_t dim) { argmax(x, dim); }},
        {"argmin", [](const Tensor& x, std::int64_t dim) { argmin(x, dim); }},
    };
    const Tensor x = apps::normal_input({2, 3}), none = zeros({2, 0}, DType::f64);
    for (const auto& [name, f] : subjects)
        for (const std::int64_t dim : {2, -3})
            book.refuse(
                name, [f = f, x, dim] { f(x, dim); }, text("[", name, "] expected a dimension from -2 to 1 for a tensor of rank 2, got ", dim));
    book.refuse(
        "softmax",
        [x] {
            softmax(x, {1, -1});
        },
        "[softmax] expected each dimension once, got [1, -1]");
    book.refuse(
        "softmax", [] { softmax(arange(3), 0); }, "[softmax] expected f32 or f64, got i64; convert with .to(DType::f32)");
    book.refuse(
        "log_softmax",
        [x] {
            log_softmax(x, {1, -1});
        },
        "[log_softmax] expected each dimension once, got [1, -1]");
    book.refuse(
        "log_softmax", [] { log_softmax(arange(3), 0); }, "[log_softmax] expected f32 or f64, got i64; convert with .to(DType::f32)");
    for (const std::int64_t count : {4, -1})
        book.refuse(
            "topk", [x, count] { topk(x, count); }, text("[topk] expected a count from 0 to 3, the extent of dimension 1, got ", count));
    book.refuse(
        "topk", [x] { topk(sum(x), 0); }, "[topk] expected a count from 1 to 1, the extent of dimension 0, got 0");
    book.refuse(
        "argmax", [none] { argmax(none); }, "[argmax] expected at least one element, got shape [2, 0]");
    book.refuse(
        "argmax", [none] { argmax(none, 1); }, "[argmax] expected at least one element along dimension 1, got shape [2, 0]");
    book.refuse(
        "argmin", [none] { argmin(none); }, "[argmin] expected at least one element, got shape [2, 0]");
    book.refuse(
        "argmin", [none] { argmin(none, -1); }, "[argmin] expected at least one element along dimension 1, got shape [2, 0]");
}

}  // namespace

void expect_lines(Expectations& book) {
    expect_softmax(book);
    expect_running_sums(book);
    expect_order(book);
    expect_positions(book);
    refuse_lines(book);
}

}  // namespace knoll::records
