#include <knoll/core/autograd.h>
#include <knoll/core/node.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/record.h>
#include <knoll/core/storage.h>
#include <knoll/core/tensor.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>
#include <utility>

namespace knoll {

namespace {

const Tensor::Impl& checked(const Tensor& tensor) {
    require(tensor.defined(), "[tensor] expected a defined tensor, got an undefined one");
    return *tensor.impl();
}

std::size_t checked_bytes(const char* op, const Shape& shape, DType dtype) {
    require_extents(op, shape);
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
    std::size_t bytes = size_of(dtype);
    for (const std::int64_t extent : shape)
        require<ShapeError>(!__builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes) &&
                                bytes <= static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()),
                            "[", op, "] expected a shape that fits into memory, got ", shape);
    return bytes;
}

std::shared_ptr<Storage> allocate(const char* op, const Shape& shape, std::size_t bytes) {
    try {
        return std::allocate_shared<Storage>(SmallAllocator<Storage>{}, bytes);
    } catch (const std::bad_alloc&) {
        fail<MemoryError>("[", op, "] expected memory for shape ", shape, ", ", bytes, " bytes, got no more from the system");
    }
}

Tensor make_tensor(const Shape& shape, DType dtype, std::shared_ptr<Storage> storage) {
    auto impl = std::allocate_shared<Tensor::Impl>(SmallAllocator<Tensor::Impl>{});
    impl->shape = shape;
    impl->numel = shape.numel();
    impl->dtype = dtype;
    impl->storage = std::move(storage);
    return Tensor(std::move(impl));
}

Tensor make_empty(const char* op, const Shape& shape, DType dtype) {
    const std::size_t bytes = checked_bytes(op, shape, dtype);
    return make_tensor(shape, dtype, allocate(op, shape, bytes));
}

// A number in another type. What an integer type cannot hold is refused: of a floating-point number the language leaves the result open.
template <class Into, class From>
Into convert(const char* op, From value) {
    bool fits = true;
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<Into>) {
        // Both limits are powers of two, exact in every floating type.
        constexpr auto low = static_cast<From>(std::numeric_limits<Into>::min());
        constexpr Into half = std::numeric_limits<Into>::max() / 2 + 1;
        constexpr auto high = static_cast<From>(half) * From(2);
        fits = (value >= low || value > low - From(1)) && value < high;
    } else if constexpr (std::is_integral_v<From> && std::is_integral_v<Into>) {
        fits = std::in_range<Into>(value);
    }
    require<ValueError>(fits, "[", op, "] expected numbers within the range of ", dtype_of<Into>(), ", got ", value);
    return static_cast<Into>(value);
}

template <class Into>
Into convert(const char* op, const PlainNumber& number) {
    return number.visit([op](auto value) { return convert<Into>(op, value); });
}

Tensor make_full(const char* op, const Shape& shape, const PlainNumber& value, DType dtype) {
    return visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        const T element = convert<T>(op, value);
        Tensor out = make_empty(op, shape, dtype);
        std::fill_n(out.fresh_data<T>(), out.numel(), element);
        return out;
    });
}

Tensor converted(const char* op, const Tensor& tensor, DType dtype) {
    Tensor out = make_empty(op, tensor.shape(), dtype);
    visit(tensor.dtype(), [&](auto from) {
        visit(dtype, [&](auto into) {
            using From = decltype(from);
            using Into = decltype(into);
            const auto source = tensor.data<From>();
            std::transform(source.begin(), source.end(), out.fresh_data<Into>(), [op](From value) { return convert<Into>(op, value); });
        });
    });
    return out;
}

void require_in_place(const Tensor& tensor) {
    require<AutogradError>(!tensor.requires_grad() || (!grad_enabled() && tensor.impl()->node->is_leaf),
                           "[in-place] expected a tensor without a graph, or a leaf under NoGrad, got one that requires gradients; "
                           "write x = x + y, or change x.detach()");
}

}  // namespace

bool has_one_owner(const Tensor& tensor) { return tensor.impl().use_count() == 1 && tensor.impl()->storage.use_count() == 1; }

void require_no_gradient_lost(const char* op, const Tensor& operand) {
    require<AutogradError>(!grad_enabled() || !operand.requires_grad(), "[", op,
                           "] expected an operand without a graph, got one that requires gradients, which a change in place would lose; "
                           "write x = x + y in place of x += y, x = y in place of copy_, or pass y.detach()");
}

const Shape& Tensor::shape() const { return checked(*this).shape; }
std::int64_t Tensor::numel() const { return checked(*this).numel; }
DType Tensor::dtype() const { return checked(*this).dtype; }
void* Tensor::raw_data() const { return checked(*this).storage->data; }
std::uint64_t Tensor::version() const { return checked(*this).storage->version; }

const void* Tensor::checked_data(const char* op, DType expected) const {
    require<DTypeError>(dtype() == expected, "[", op, "] expected a tensor of ", expected, ", got ", dtype(), "; convert with .to(DType::", expected, ")");
    return raw_data();
}

void* Tensor::checked_mutable_data(const char* op, DType expected) {
    checked_data(op, expected);
    require_in_place(*this);
    ++impl_->storage->version;
    return raw_data();
}

std::int64_t Tensor::flat_index(const IntList& position) const {
    require<IndexError>(position.rank() == rank(), "[at] expected ", rank(), " indices for shape ", shape(), ", got ", position.rank());
    std::int64_t flat = 0;
    for (std::int64_t i = 0; i < rank(); ++i) {
        require<IndexError>(position[i] >= 0 && position[i] < shape()[i], "[at] expected indices within shape ", shape(), ", got ", position);
        flat = flat * shape()[i] + position[i];
    }
    return flat;
}

double Tensor::item() const {
    require<ShapeError>(numel() == 1, "[item] expected a tensor of one element, got shape ", shape());
    return visit(dtype(), [&](auto zero) { return static_cast<double>(data<decltype(zero)>()[0]); });
}

std::vector<double> Tensor::to_vector() const {
    return visit(dtype(), [&](auto zero) {
        const auto values = data<decltype(zero)>();
        return std::vector<double>(values.begin(), values.end());
    });
}

Tensor Tensor::to(DType dtype) const {
    if (dtype == this->dtype()) return *this;
    Tensor out = converted("to", *this, dtype);
    if (!is_floating(dtype)) return out;
    return record("to", std::move(out), gradient(*this, [before = this->dtype()](const Tensor& g) { return g.to(before); }));
}

Tensor Tensor::clone() const {
    Tensor out = empty(shape(), dtype());
    std::copy_n(static_cast<const std::byte*>(raw_data()), static_cast<std::size_t>(numel()) * size_of(dtype()), static_cast<std::byte*>(out.raw_data()));
    return record("clone", std::move(out), gradient(*this, [](const Tensor& g) { return g; }));
}

Tensor Tensor::detach() const { return make_tensor(shape(), dtype(), checked(*this).storage); }

Tensor share_storage(const Tensor& tensor, const Shape& shape) { return make_tensor(shape, tensor.dtype(), checked(tensor).storage); }

bool Tensor::requires_grad() const { return checked(*this).node != nullptr; }

Tensor Tensor::set_requires_grad(bool on) {
    const NodePtr& node = checked(*this).node;
    if (on == (node != nullptr)) return *this;
    if (on) {
        require<DTypeError>(is_floating(dtype()), "[set_requires_grad] expected f32 or f64, got ", dtype());
        impl_->node = make_leaf_node(shape(), dtype());
    } else {
        require<AutogradError>(node->is_leaf, "[set_requires_grad] expected a leaf, got the result of ", node->op, "; use detach()");
        impl_->node.reset();
    }
    return *this;
}

Tensor Tensor::grad() const {
    const NodePtr& node = checked(*this).node;
    return node ? node->grad : Tensor{};
}

void Tensor::set_grad(Tensor gradient) {
    const NodePtr& node = checked(*this).node;
    require<AutogradError>(node != nullptr, "[set_grad] expected a leaf that requires gradients, got one that does not; call set_requires_grad() first");
    require<AutogradError>(node->is_leaf, "[set_grad] expected a leaf that requires gradients, got the result of ", node->op, "; use detach()");
    if (gradient.defined()) {
        require<ShapeError>(gradient.shape() == shape(), "[set_grad] expected shape ", shape(), ", got ", gradient.shape());
        if (!has_one_owner(gradient)) gradient = gradient.clone();
    }
    node->grad = std::move(gradient);
}

void Tensor::zero_grad() {
    if (const NodePtr& node = checked(*this).node) node->grad = Tensor{};
}

HookHandle Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) {
    const NodePtr& node = checked(*this).node;
    require<AutogradError>(node != nullptr, "[register_hook] expected a tensor that requires gradients, got one that does not; call set_requires_grad() first");
    static std::atomic<std::uint64_t> hooks_made{0};
    const std::uint64_t id = ++hooks_made;
    node->hooks.push_back({id, std::move(hook)});
    return {node, id};
}

void HookHandle::remove() {
    const NodePtr node = node_.lock();
    if (!node) return;
    const auto found = std::find_if(node->hooks.begin(), node->hooks.end(), [&](const Hook& hook) { return hook.id == id_; });
    if (found == node->hooks.end()) return;
    const Hook removed = std::move(*found);  // dies last: it may hold the tensor
    node->hooks.erase(found);
}

Tensor& Tensor::fill_(PlainNumber value) {
    visit(dtype(), [&](auto zero) {
        const auto element = convert<decltype(zero)>("fill_", value);
        const auto values = mutable_data<decltype(zero)>();
        std::fill(values.begin(), values.end(), element);
    });
    return *this;
}

Tensor& Tensor::copy_(const Tensor& other) {
    require<ShapeError>(broadcast_shapes("copy_", shape(), other.shape()) == shape(), "[copy_] expected a shape that broadcasts to ", shape(), ", got ",
                        other.shape());
    require_no_gradient_lost("copy_", other);
    const NoGrad no_grad;
    const Tensor same_type = other.dtype() == dtype() ? other.detach() : converted("copy_", other, dtype());
    const Tensor source = broadcast_to(same_type, shape());
    visit(dtype(), [&](auto zero) {
        const auto from = source.data<decltype(zero)>();
        std::copy(from.begin(), from.end(), mutable_data<decltype(zero)>().begin());
    });
    return *this;
}

Tensor empty(const Shape& shape, DType dtype) { return make_empty("empty", shape, dtype); }
Tensor full(const Shape& shape, PlainNumber value, DType dtype) { return make_full("full", shape, value, dtype); }
Tensor zeros(const Shape& shape, DType dtype) { return make_full("zeros", shape, 0.0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return make_full("ones", shape, 1.0, dtype); }
Tensor zeros_like(const Tensor& other) { return zeros(other.shape(), other.dtype()); }
Tensor ones_like(const Tensor& other) { return ones(other.shape(), other.dtype()); }
Tensor scalar(PlainNumber value, DType dtype) { return make_full("scalar", {}, value, dtype); }

Tensor arange(std::int64_t count, DType dtype) {
    require<ValueError>(count >= 0, "[arange] expected a count of 0 or more, got ", count);
    Tensor out = make_empty("arange", {count}, dtype);
    visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        if (count > 0) convert<T>("arange", count - 1);
        T* values = out.fresh_data<T>();
        for (std::int64_t i = 0; i < count; ++i) values[i] = static_cast<T>(i);
    });
    return out;
}

Tensor eye(std::int64_t size, DType dtype) {
    Tensor out = make_full("eye", {size, size}, 0.0, dtype);
    visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        for (std::int64_t i = 0; i < size; ++i) out.fresh_data<T>()[i * size + i] = T(1);
    });
    return out;
}

Tensor tensor(std::span<const double> values, const Shape& shape, DType dtype) {
    require<ShapeError>(static_cast<std::int64_t>(values.size()) == shape.numel(), "[tensor] expected ", shape.numel(), " values for shape ", shape, ", got ",
                        values.size());
    Tensor out = empty(shape, dtype);
    visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        std::transform(values.begin(), values.end(), out.fresh_data<T>(), [](double value) { return convert<T>("tensor", value); });
    });
    return out;
}

template <int>
Tensor tensor(std::initializer_list<double> values, DType dtype) {
    return tensor(std::span(values.begin(), values.size()), {static_cast<std::int64_t>(values.size())}, dtype);
}

template Tensor tensor<0>(std::initializer_list<double>, DType);

Tensor tensor(std::initializer_list<std::initializer_list<double>> rows, DType dtype) {
    if (rows.size() == 0) return empty({0}, dtype);
    std::vector<double> values;
    const std::size_t columns = rows.begin()->size();
    for (const auto& row : rows) {
        require<ShapeError>(row.size() == columns, "[tensor] expected rows of ", columns, " values, got one of ", row.size());
        values.insert(values.end(), row.begin(), row.end());
    }
    return tensor(values, {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns)}, dtype);
}

template <class T>
Tensor from_data(const Shape& shape, std::span<const T> values) {
    require<ShapeError>(static_cast<std::int64_t>(values.size()) == shape.numel(), "[from_data] expected ", shape.numel(), " values for shape ", shape,
                        ", got ", values.size());
    Tensor out = empty(shape, dtype_of<T>());
    std::copy(values.begin(), values.end(), out.fresh_data<T>());
    return out;
}

template Tensor from_data(const Shape&, std::span<const float>);
template Tensor from_data(const Shape&, std::span<const double>);
template Tensor from_data(const Shape&, std::span<const std::int64_t>);
template Tensor from_data(const Shape&, std::span<const std::uint8_t>);

}  // namespace knoll
