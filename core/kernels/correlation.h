// What convolution and its adjoints read. Along one dimension, a convolution and its adjoint in the input are the same sum:
//
//     out(first + t * step) = sum over n of source(t * source_step + offset + n * offset_step) * weight(tap + n * tap_step)
//
// For the convolution, n runs over the whole kernel. For the adjoint, the taps that reach an input pixel depend on its place modulo
// the stride, so that there is one such sum for every remainder; each is a convolution of stride 1.
//
// The source is read from a band: a copy of as many rows as stay in the second-level cache, with zeros where the padding is, in which
// every (output position, channel and tap) lies at the sum of two offsets, as tile_product.h wants it.
#pragma once

#include <knoll/core/kernels/convolution_geometry.h>
#include <knoll/core/kernels/scratch.h>

namespace knoll::kernels {

/// One dimension of a correlation.
struct Axis {
    std::int64_t source = 0, out = 0;              ///< extents
    std::int64_t first = 0, step = 1, count = 0;   ///< outputs
    std::int64_t source_step = 1;                  ///< from one output to the next
    std::int64_t offset = 0, offset_step = 1;      ///< where output 0 reads, and from one tap to the next
    std::int64_t tap = 0, tap_step = 1, taps = 0;  ///< of the kernel

    std::int64_t span() const { return (taps > 0 ? taps - 1 : 0) * (offset_step > 0 ? offset_step : -offset_step); }
    std::int64_t lowest() const { return offset_step > 0 ? offset : offset - span(); }
    /// Source rows that so many neighbouring outputs read.
    std::int64_t reach(std::int64_t outputs) const { return (outputs - 1) * source_step + span() + 1; }
};

/// Of the convolution, along height or width.
Axis convolution_axis(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation);
/// Of its adjoint in the input, for the input pixels that leave this remainder when divided by the stride.
Axis adjoint_axis(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation,
                  std::int64_t remainder);

/// How the rows of outputs of `images` (times groups) images are cut into bands, and where a band's elements lie.
class Bands {
public:
    /// flops: multiplications and additions for one row of outputs, all channels. element: bytes of one.
    Bands(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t images, std::int64_t flops, std::size_t element);

    const Axis& rows() const { return rows_; }
    const Axis& columns() const { return columns_; }
    std::int64_t count() const { return count_; }
    std::int64_t begin(std::int64_t band) const { return band * height_; }
    /// Output positions of a band.
    std::int64_t positions(std::int64_t band) const { return (std::min(rows_.count, begin(band) + height_) - begin(band)) * columns_.count; }
    std::int64_t most_positions() const { return height_ * columns_.count; }
    /// Channels times taps.
    std::int64_t depth() const { return channels_ * rows_.taps * columns_.taps; }
    /// Of the copy.
    std::int64_t elements() const { return channels_ * plane_; }
    /// Of the copy: elements from row to row.
    std::int64_t width() const { return width_; }
    /// Bands that share a thread.
    std::int64_t per_chunk() const { return per_chunk_; }

    /// Offsets by output position, goes on with zeros up to a multiple of tile_rows; and by channel and tap, which does as well.
    const std::int32_t* position_offsets() const { return position_offsets_.data(); }
    const std::int32_t* tap_offsets() const { return tap_offsets_.data(); }

    /// Copies what a band reads of the planes [channels, source] of an image.
    template <class T>
    void fill(std::int64_t band, const T* planes, T* into) const;

private:
    Axis rows_, columns_;
    std::int64_t channels_;
    std::int64_t height_, count_, per_chunk_;
    std::int64_t width_, plane_;  // of the copy: elements from row to row and from channel to channel
    Scratch<std::int32_t> position_offsets_, tap_offsets_;
};

}  // namespace knoll::kernels
