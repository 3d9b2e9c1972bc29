// What ops that rearrange elements refuse.
#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <limits>

namespace knoll::records {

namespace {

void refuse_shaped_dimensions(Expectations& book) {
    const std::vector<std::pair<const char*, void (*)(const Tensor&, std::int64_t)>> subjects{
        {"flatten", [](const Tensor& x, std::int64_t dim) { flatten(x, dim); }},
        {"flatten", [](const Tensor& x, std::int64_t dim) { flatten(x, 0, dim); }},
        {"permute",
         [](const Tensor& x, std::int64_t dim) {
             permute(x, {0, dim});
         }},
        {"transpose", [](const Tensor& x, std::int64_t dim) { transpose(x, dim, 0); }},
        {"transpose", [](const Tensor& x, std::int64_t dim) { transpose(x, 0, dim); }},
        {"squeeze",
         [](const Tensor& x, std::int64_t dim) {
             squeeze(x, {0, dim});
         }},
        {"concat",
         [](const Tensor& x, std::int64_t dim) {
             concat({x, x}, dim);
         }},
        {"split", [](const Tensor& x, std::int64_t dim) { split(x, 1, dim); }},
        {"split", [](const Tensor& x, std::int64_t dim) { split(x, std::vector<std::int64_t>{2}, dim); }},
        {"slice", [](const Tensor& x, std::int64_t dim) { slice(x, dim, 0, 1); }},
        {"select", [](const Tensor& x, std::int64_t dim) { select(x, dim, 0); }},
        {"flip", [](const Tensor& x, std::int64_t dim) { flip(x, dim); }},
    };
    const Tensor x = apps::normal_input({2, 3});
    for (const auto& [name, f] : subjects)
        for (const std::int64_t dim : {2, -3})
            book.refuse(
                name, [f = f, x, dim] { f(x, dim); }, text("[", name, "] expected a dimension from -2 to 1 for a tensor of rank 2, got ", dim));
    book.refuse(
        "unsqueeze", [x] { unsqueeze(x, 3); }, "[unsqueeze] expected a dimension from -3 to 2 for a tensor of rank 2, got 3");
    book.refuse(
        "stack",
        [x] {
            stack({x, x}, -4);
        },
        "[stack] expected a dimension from -3 to 2 for a tensor of rank 3, got -4");
    book.refuse(
        "squeeze",
        [x] {
            squeeze(x, {1, -1});
        },
        "[squeeze] expected each dimension once, got [1, -1]");
    book.refuse(
        "flip",
        [x] {
            flip(x, {0, 0});
        },
        "[flip] expected each dimension once, got [0, 0]");
    book.refuse(
        "permute",
        [x] {
            permute(x, {1, -1});
        },
        "[permute] expected each dimension once, got [1, -1]");
    book.refuse(
        "permute",
        [x] {
            permute(x, {0, 1, 2});
        },
        "[permute] expected 2 dimensions for a tensor of shape [2, 3], got [0, 1, 2]");
    book.refuse(
        "flatten", [x] { flatten(x, 1, 0); }, "[flatten] expected a first dimension up to the last, got 1 and 0");
}

void refuse_scalars(Expectations& book) {
    const Tensor one = scalar(1.0, DType::f64);
    const std::string text = "expected at least one dimension, got a scalar";
    book.refuse(
        "concat",
        [one] {
            concat({one, one});
        },
        "[concat] expected at least one dimension, got scalars; use stack()");
    book.refuse(
        "split", [one] { split(one, 1); }, "[split] " + text);
    book.refuse(
        "split", [one] { split(one, std::vector<std::int64_t>{1}); }, "[split] " + text);
    book.refuse(
        "slice", [one] { slice(one, 0, 0, 1); }, "[slice] " + text);
    book.refuse(
        "select", [one] { select(one, 0, 0); }, "[select] " + text);
    book.refuse(
        "pad",
        [one] {
            pad(one, {{1, 1}});
        },
        "[pad] expected amounts for at most 0 dimensions, got 1");
}

void refuse_reshapes(Expectations& book) {
    const Tensor x = apps::normal_input({2, 3}), none = zeros({0, 3}, DType::f64);
    constexpr std::int64_t half = std::int64_t{1} << 32;
    book.refuse(
        "reshape",
        [x] {
            reshape(x, {4, -1});
        },
        "[reshape] expected a shape of 6 elements for a tensor of shape [2, 3], got [4, -1]");
    book.refuse(
        "reshape", [x] { reshape(x, {7}); }, "[reshape] expected a shape of 6 elements for a tensor of shape [2, 3], got [7]");
    book.refuse(
        "reshape",
        [x] {
            reshape(x, {-1, 2, -1});
        },
        "[reshape] expected at most one extent of -1, got [-1, 2, -1]");
    book.refuse(
        "reshape",
        [x] {
            reshape(x, {-2, -3});
        },
        "[reshape] expected extents from 0, or one of -1, got [-2, -3]");
    book.refuse(
        "reshape",
        [none] {
            reshape(none, {0, -1});
        },
        "[reshape] expected no extent of 0 beside one of -1, which could then be anything, got [0, -1]");
    book.refuse(
        "reshape",
        [none] {
            reshape(none, {half, half});
        },
        "[reshape] expected a shape of 0 elements for a tensor of shape [0, 3], got [4294967296, 4294967296]");
    book.refuse(
        "broadcast_to",
        [x] {
            broadcast_to(x, {3, 2});
        },
        "[broadcast_to] expected shapes that broadcast (each extent equal or 1, counted from the end), got");
    book.refuse(
        "broadcast_to",
        [x] {
            broadcast_to(x, {1, 3});
        },
        "[broadcast_to] expected a shape that broadcasts to [1, 3], got [2, 3]");
    book.refuse(
        "broadcast_to",
        [x] {
            broadcast_to(x, {-1, 3});
        },
        "[broadcast_to] expected extents of 0 or more, got [-1, 3]");
    book.refuse(
        "sum_to", [x] { sum_to(x, {2}); }, "[sum_to] expected shapes that broadcast (each extent equal or 1, counted from the end), got [2, 3] and [2]");
    book.refuse(
        "sum_to",
        [x] {
            sum_to(x, {4, 2, 3});
        },
        "[sum_to] expected a shape that broadcasts to [2, 3], got [4, 2, 3]");
}

void refuse_joins(Expectations& book) {
    const Tensor x = apps::normal_input({2, 3}), y = apps::normal_input({3, 2});
    book.refuse(
        "concat", [] { concat({}); }, "[concat] expected at least one tensor, got none");
    book.refuse(
        "concat",
        [x, y] {
            concat({x, y});
        },
        "[concat] expected shapes that differ in dimension 0 alone, got [2, 3] for part 0 and [3, 2] for part 1");
    book.refuse(
        "concat",
        [x, y] {
            concat({x, x, flatten(y)});
        },
        "[concat] expected shapes that differ in dimension 0 alone, got [2, 3] for part 0 and [6] for part 2");
    book.refuse(
        "stack", [] { stack({}); }, "[stack] expected at least one tensor, got none");
    book.refuse(
        "stack",
        [x, y] {
            stack({x, y});
        },
        "[stack] expected tensors of one shape, got [2, 3] for part 0 and [3, 2] for part 1");
}

void refuse_windows(Expectations& book) {
    const Tensor x = apps::normal_input({2, 3});
    const auto sizes = [](std::vector<std::int64_t> all) { return all; };
    book.refuse(
        "split", [x] { split(x, 0); }, "[split] expected a size of at least 1, got 0");
    book.refuse(
        "split",
        [x, sizes] {
            split(x, sizes({2, 2}), 1);
        },
        "[split] expected sizes that add up to 3, the extent of dimension 1, got 2 where 1 are left");
    book.refuse(
        "split",
        [x, sizes] {
            split(x, sizes({-1, 4}), 1);
        },
        "[split] expected sizes that add up to 3, the extent of dimension 1, got -1 where 3 are left");
    book.refuse(
        "split",
        [x, sizes] {
            split(x, sizes({1, 1}), 1);
        },
        "[split] expected sizes that add up to 3, the extent of dimension 1, got a sum of 2");
    for (const std::int64_t step : {0, -1})
        book.refuse(
            "slice", [x, step] { slice(x, 0, 0, 2, step); }, text("[slice] expected a step of at least 1, got ", step, "; use flip() to reverse"));
    for (const std::int64_t index : {3, -4})
        book.refuse(
            "select", [x, index] { select(x, 1, index); }, text("[select] expected an index from -3 to 2 along dimension 1 of shape [2, 3], got ", index));
    book.refuse(
        "select",
        [] {
            select(zeros({2, 0}), 1, 0);
        },
        "[select] expected a dimension with elements, got dimension 1 of shape [2, 0]");
    book.refuse(
        "pad",
        [x] {
            pad(x, {{0, 0}, {0, 0}, {1, 1}});
        },
        "[pad] expected amounts for at most 2 dimensions, got 3");
    book.refuse(
        "pad",
        [x] {
            pad(x, {{-2, -2}});
        },
        "[pad] expected to crop at most all 3 elements of dimension 1, got (-2, -2)");
    book.refuse(
        "pad",
        [x] {
            pad(x, {{std::numeric_limits<std::int64_t>::max(), 1}});
        },
        "[pad] expected amounts up to 1152921504606846976 either way, got (92");
}

}  // namespace

void refuse_shapes(Expectations& book) {
    refuse_shaped_dimensions(book);
    refuse_scalars(book);
    refuse_reshapes(book);
    refuse_joins(book);
    refuse_windows(book);
}

}  // namespace knoll::records
