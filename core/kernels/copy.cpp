// A strided copy is cut into planes: the innermost dimension, along which the writing runs, and the dimension along
// which the source lies contiguously, if that is another one. A plane that is transposed so is walked in small tiles,
// so that the lines of cache that a tile reads are used up before they are evicted.
#include <knoll/core/kernels/copy.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>

namespace knoll::kernels {

namespace {

constexpr std::int64_t tile = 16;

struct Dimension {
    std::int64_t extent = 1, read = 1, write = 1;
};

class Planes {
public:
    Planes(const Shape& box, const IntList& read, const IntList& write) {
        for (std::int64_t i = 0; i < box.rank(); ++i)
            if (box[i] != 1) add({box[i], read[i], write[i]});
        inner = remove(extents_.rank() - 1);
        for (std::int64_t i = 0; inner.read != 1 && i < extents_.rank(); ++i)
            if (read_[i] == 1) {
                across = remove(i);
                break;
            }
    }

    std::int64_t count() const { return extents_.numel(); }

    struct Offsets {
        std::int64_t read, write;
    };
    /// Where a plane begins in each layout.
    Offsets offsets(std::int64_t plane) const {
        Offsets at{0, 0};
        for (std::int64_t i = extents_.rank() - 1; i >= 0; --i) {
            const std::int64_t position = plane % extents_[i];
            plane /= extents_[i];
            at.read += position * read_[i];
            at.write += position * write_[i];
        }
        return at;
    }

    Dimension inner, across;

private:
    // Merges a dimension with the one before it where both layouts run through the two as through one.
    void add(const Dimension& next) {
        const std::int64_t last = extents_.rank() - 1;
        if (last >= 0 && read_[last] == next.read * next.extent && write_[last] == next.write * next.extent) {
            extents_[last] *= next.extent;
            read_[last] = next.read;
            write_[last] = next.write;
            return;
        }
        extents_.push_back(next.extent);
        read_.push_back(next.read);
        write_.push_back(next.write);
    }

    Dimension remove(std::int64_t i) {
        if (i < 0) return {};
        const Dimension removed{extents_[i], read_[i], write_[i]};
        extents_.erase(i);
        read_.erase(i);
        write_.erase(i);
        return removed;
    }

    Shape extents_;
    IntList read_, write_;
};

template <class T>
void copy_line(const T* from, std::int64_t read, T* into, std::int64_t write, std::int64_t count) {
    if (read == 1 && write == 1)
        std::copy_n(from, count, into);
    else
        for (std::int64_t i = 0; i < count; ++i) into[i * write] = from[i * read];
}

// A full tile of which the source runs along the rows and the target along the columns, through an array that stays in
// registers or L1: neither side then jumps between lines of cache more often than once per line.
template <class T>
void transpose_tile(const T* from, std::int64_t read, T* into, std::int64_t write) {
    std::array<T, tile * tile> values;
    for (std::int64_t i = 0; i < tile; ++i)
        for (std::int64_t j = 0; j < tile; ++j) values[static_cast<std::size_t>(j * tile + i)] = from[i * read + j];
    for (std::int64_t j = 0; j < tile; ++j)
        for (std::int64_t i = 0; i < tile; ++i) into[j * write + i] = values[static_cast<std::size_t>(j * tile + i)];
}

// A band of at most one tile across, and a piece of the inner dimension, tile by tile.
template <class T>
void copy_band(const T* from, T* into, const Dimension& across, const Dimension& inner) {
    if (across.extent == 1) {
        copy_line(from, inner.read, into, inner.write, inner.extent);
        return;
    }
    for (std::int64_t begin = 0; begin < inner.extent; begin += tile) {
        const std::int64_t count = std::min(tile, inner.extent - begin);
        const T* source = from + begin * inner.read;
        T* target = into + begin * inner.write;
        if (count == tile && across.extent == tile && inner.write == 1)
            transpose_tile(source, inner.read, target, across.write);
        else
            for (std::int64_t i = 0; i < across.extent; ++i) copy_line(source + i, inner.read, target + i * across.write, inner.write, count);
    }
}

template <class T>
void copy_planes(const Planes& planes, const T* from, T* into) {
    const Dimension inner = planes.inner, across = planes.across;
    const std::int64_t pieces = (inner.extent + elements_per_chunk - 1) / elements_per_chunk;
    const std::int64_t bands = (across.extent + tile - 1) / tile;
    const std::int64_t elements = std::min(inner.extent, elements_per_chunk) * std::min(across.extent, tile);
    parallel_for(planes.count() * bands * pieces, std::max<std::int64_t>(1, elements_per_chunk / elements), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t job = begin; job < end; ++job) {
            const auto at = planes.offsets(job / pieces / bands);
            const std::int64_t column = job % pieces * elements_per_chunk;
            const std::int64_t row = job / pieces % bands * tile;
            copy_band(from + at.read + column * inner.read + row * across.read, into + at.write + column * inner.write + row * across.write,
                      {std::min(tile, across.extent - row), across.read, across.write},
                      {std::min(elements_per_chunk, inner.extent - column), inner.read, inner.write});
        }
    });
}

}  // namespace

void copy(const Shape& box, const Tensor& from, const Layout& read, Tensor& into, const Layout& write) {
    if (box.numel() == 0) return;
    const Planes planes(box, read.strides, write.strides);
    visit(from.dtype(), [&](auto zero) {
        using T = decltype(zero);
        copy_planes(planes, from.data<T>().data() + read.offset, into.fresh_data<T>() + write.offset);
    });
}

}  // namespace knoll::kernels
