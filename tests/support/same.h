// Tensors that must agree exactly.
#pragma once

#include <knoll/core/files/named_tensors.h>
#include <catch2/catch.hpp>

namespace knoll {

/// Fails the running test unless type, shape and values are the same.
inline void check_same(const Tensor& a, const Tensor& b) {
    CHECK(a.dtype() == b.dtype());
    CHECK(a.shape() == b.shape());
    CHECK(a.to_vector() == b.to_vector());
}

/// The same of tensors with names, in their order.
inline void check_same(const NamedTensors& a, const NamedTensors& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].first == b[i].first);
        check_same(a[i].second, b[i].second);
    }
}

}  // namespace knoll
