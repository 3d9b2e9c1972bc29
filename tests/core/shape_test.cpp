#include <knoll/core/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("a list of integers grows past its inline eight, and shrinks again") {
    IntList list;
    CHECK(list.empty());
    for (std::int64_t i = 0; i < 12; ++i) {
        list.push_back(i);
        CHECK(list.rank() == i + 1);
        CHECK(list.back() == i);
    }
    for (std::int64_t i = 0; i < 12; ++i) CHECK(list[i] == i);
    list.insert(0, -1);
    list.insert(7, 70);
    list.insert(list.rank(), 99);
    CHECK(to_string(list) == "[-1, 0, 1, 2, 3, 4, 5, 70, 6, 7, 8, 9, 10, 11, 99]");
    for (int i = 0; i < 7; ++i) list.erase(1);
    CHECK(to_string(list) == "[-1, 6, 7, 8, 9, 10, 11, 99]");
    list.erase(7);
    list.erase(0);
    CHECK(to_string(list) == "[6, 7, 8, 9, 10, 11]");
    list.insert(3, 0);
    CHECK(to_string(list) == "[6, 7, 8, 0, 9, 10, 11]");
    list.assign(9, 5);
    CHECK(list == IntList{5, 5, 5, 5, 5, 5, 5, 5, 5});
    list.assign(0, 5);
    CHECK(to_string(list) == "[]");
}

TEST_CASE("lists are equal if their entries are, and copies are independent") {
    const IntList long_list = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    IntList copy = long_list;
    copy[8] = 0;
    CHECK(long_list[8] == 9);
    CHECK_FALSE(copy == long_list);
    CHECK(IntList{1, 2} == IntList{1, 2});
    CHECK_FALSE(IntList{1, 2} == IntList{1, 2, 3});
    CHECK_FALSE(IntList{1, 2} == IntList{2, 1});
}

TEST_CASE("a shape counts its elements, and its extents from either end") {
    const Shape shape = {2, 3, 4};
    CHECK(shape.numel() == 24);
    CHECK(Shape{}.numel() == 1);
    CHECK(Shape{2, 0, 3}.numel() == 0);
    CHECK(shape.size(0) == 2);
    CHECK(shape.size(-1) == 4);
    CHECK_THROWS_AS(shape.size(3), ShapeError);
    CHECK_THROWS_WITH(shape.size(-4), "[size] expected a dimension from -3 to 2 for a tensor of rank 3, got -4");
    CHECK_THROWS_WITH(Shape{}.size(0), "[size] expected a tensor of one dimension or more, got a scalar");
}

TEST_CASE("a dimension wraps from the end, and a scalar counts as rank 1") {
    CHECK(wrap_dim("op", -1, 3) == 2);
    CHECK(wrap_dim("op", 0, 3) == 0);
    CHECK(wrap_dim("op", -1, 0) == 0);
    CHECK(wrap_dim("op", 0, 0) == 0);
    CHECK_THROWS_AS(wrap_dim("op", 1, 0), ShapeError);
}

TEST_CASE("flags mark the given dimensions, all of them if none is given") {
    CHECK(dim_flags("op", {0, -1}, 3) == IntList{1, 0, 1});
    CHECK(dim_flags("op", {}, 3) == IntList{1, 1, 1});
    CHECK(dim_flags("op", 1, 3) == IntList{0, 1, 0});
    CHECK(dim_flags("op", {}, 0).empty());
    CHECK(dim_flags("op", -1, 0).empty());
    CHECK_THROWS_WITH(dim_flags("op", {1, -2}, 3), "[op] expected each dimension once, got [1, -2]");
    CHECK_THROWS_AS(dim_flags("op", 3, 3), ShapeError);
}

TEST_CASE("shapes broadcast as in NumPy") {
    CHECK(broadcast_shapes("op", {2, 3}, {3}) == Shape{2, 3});
    CHECK(broadcast_shapes("op", {3}, {2, 1}) == Shape{2, 3});
    CHECK(broadcast_shapes("op", {}, {2, 3}) == Shape{2, 3});
    CHECK(broadcast_shapes("op", {}, {}) == Shape{});
    CHECK(broadcast_shapes("op", {1}, {0}) == Shape{0});
    CHECK(broadcast_shapes("op", {4, 1, 3}, {2, 1}) == Shape{4, 2, 3});
    CHECK_THROWS_AS(broadcast_shapes("op", {2}, {0}), ShapeError);
    CHECK_THROWS_WITH(broadcast_shapes("op", {2, 3}, {2}),
                      "[op] expected shapes that broadcast (each extent equal or 1, counted from the end), got [2, 3] and [2]");
}

TEST_CASE("strides are the products of the extents further in") {
    CHECK(row_major_strides({2, 3, 4}) == IntList{12, 4, 1});
    CHECK(row_major_strides({5}) == IntList{1});
    CHECK(row_major_strides({}).empty());
}
