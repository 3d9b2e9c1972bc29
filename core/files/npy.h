// NumPy's .npy files: one array each.
#pragma once

#include <knoll/core/tensor.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace knoll {

/// Reads format versions 1.0 to 3.0 with elements f4, f8, i8, u1, and b1 (as u8), i4, i2, i1, u2, u4 (as i64), of either byte order,
/// in C or Fortran order, in every spelling of these that NumPy reads ("=f8", "float64", (2L, 3L)). Throws FileError on any other type, a malformed header, or
/// a wrong number of bytes.
Tensor load_npy(const std::string& path);
/// Writes format version 1.0, little endian, C order.
void save_npy(const std::string& path, const Tensor& tensor);

struct NpyFile {
    std::string path;
    Tensor tensor;
};
/// The same for several files: all of them or none.
void save_npy(const std::vector<NpyFile>& files);

/// Reads a file that lies in memory; path stands in error texts.
Tensor decode_npy(std::span<const std::byte> bytes, const std::string& path);
/// What stands in the file before the elements.
std::string npy_header(const Tensor& tensor);

}  // namespace knoll
