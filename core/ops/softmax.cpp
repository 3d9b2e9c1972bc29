#include <knoll/core/kernels/softmax.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/reduced.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

Tensor softmax_rows(const Tensor& a) {
    Tensor out = empty(a.shape(), a.dtype());
    visit_floating("softmax", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::softmax(a.data<T>().data(), a.shape()[0], a.shape()[1], out.fresh_data<T>());
    });
    return record("softmax", std::move(out), gradient(a, [](const Tensor& g, const Tensor& y) { return y * (g - sum(g * y, 1, true)); }));
}

Tensor log_softmax_rows(const Tensor& a) {
    Tensor out = empty(a.shape(), a.dtype());
    visit_floating("log_softmax", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::log_softmax(a.data<T>().data(), a.shape()[0], a.shape()[1], out.fresh_data<T>());
    });
    return record("log_softmax", std::move(out), gradient(a, [](const Tensor& g, const Tensor& y) { return g - exp(y) * sum(g, 1, true); }));
}

Tensor logsumexp_rows(const Tensor& a) {
    Tensor out = empty({a.shape()[0]}, a.dtype());
    visit_floating("logsumexp", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::logsumexp(a.data<T>().data(), a.shape()[0], a.shape()[1], out.fresh_data<T>());
    });
    return record("logsumexp", std::move(out), gradient(a, [a = Saved(a)](const Tensor& g) { return unsqueeze(g, 1) * softmax_rows(a); }));
}

}  // namespace

Tensor softmax(const Tensor& a, const Dims& dims) {
    const ReducedShape reduced("softmax", a.shape(), dims);
    return from_rows(softmax_rows(to_rows(a, reduced)), a.shape(), reduced);
}

Tensor log_softmax(const Tensor& a, const Dims& dims) {
    const ReducedShape reduced("log_softmax", a.shape(), dims);
    return from_rows(log_softmax_rows(to_rows(a, reduced)), a.shape(), reduced);
}

Tensor logsumexp(const Tensor& a, const Dims& dims, bool keepdim) {
    const ReducedShape reduced("logsumexp", a.shape(), dims);
    return reshape(logsumexp_rows(to_rows(a, reduced)), reduced.result(keepdim));
}

}  // namespace knoll
