#include <knoll/core/kernels/copy.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// The box walked one position at a time.
Tensor naive_copy(const Shape& box, const Tensor& from, const kernels::Layout& read, Tensor into, const kernels::Layout& write) {
    IntList position;
    position.assign(box.rank(), 0);
    for (std::int64_t count = box.numel(); count > 0; --count) {
        std::int64_t source = read.offset, target = write.offset;
        for (std::int64_t i = 0; i < box.rank(); ++i) {
            source += position[i] * read.strides[i];
            target += position[i] * write.strides[i];
        }
        into.fresh_data<double>()[target] = from.data<double>()[static_cast<std::size_t>(source)];
        for (std::int64_t i = box.rank() - 1; i >= 0 && ++position[i] == box[i]; --i) position[i] = 0;
    }
    return into;
}

void check_copy(const Shape& box, std::int64_t source_size, const kernels::Layout& read, std::int64_t target_size, const kernels::Layout& write) {
    const Tensor from = arange(source_size, DType::f64);
    Tensor into = full({target_size}, -1, DType::f64);
    kernels::copy(box, from, read, into, write);
    CHECK(into.to_vector() == naive_copy(box, from, read, full({target_size}, -1, DType::f64), write).to_vector());
}

}  // namespace

TEST_CASE("a strided copy moves every element of a box, whatever the strides") {
    check_copy({}, 3, {2, {}}, 3, {1, {}});
    check_copy({5}, 5, {4, {-1}}, 9, {0, {2}});
    check_copy({4, 1, 3}, 12, {0, {1, 99, 4}}, 12, {0, {3, 77, 1}});
    check_copy({2, 3, 5}, 30, {29, {-15, -5, -1}}, 30, {0, {15, 5, 1}});
    check_copy({3, 4}, 1, {0, {0, 0}}, 12, {0, {4, 1}});
    check_copy({0, 4}, 1, {0, {4, 1}}, 1, {0, {4, 1}});
}

TEST_CASE("a transposing copy is right at sides that are no multiple of a tile, and through many chunks") {
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{16, 16}, {17, 33}, {1, 40}, {40, 1}, {15, 20000}, {20000, 15}, {300, 257}}) {
        CAPTURE(rows, columns);
        check_copy({columns, rows}, rows * columns, {0, {1, columns}}, rows * columns, {0, {rows, 1}});
        check_copy({columns, rows}, rows * columns, {0, {1, columns}}, 2 * rows * columns, {1, {2 * rows, 2}});
    }
}
