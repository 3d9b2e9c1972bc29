#include "records/naive.h"

#include <algorithm>
#include <span>

namespace knoll::records {

double Naive::operator[](const Index& index) const {
    const std::size_t skipped = index.size() - shape.size();
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) flat = flat * shape[i] + (shape[i] == 1 ? 0 : index[skipped + i]);
    return values.at(static_cast<std::size_t>(flat));
}

Naive naive(const Tensor& tensor) {
    const Tensor doubles = tensor.to(DType::f64);
    const auto data = doubles.data<double>();
    return {Index(tensor.shape().begin(), tensor.shape().end()), std::vector<double>(data.begin(), data.end())};
}

Tensor to_tensor(const Naive& values) {
    Tensor tensor = empty(Shape(std::span<const std::int64_t>(values.shape)), DType::f64);
    std::copy(values.values.begin(), values.values.end(), tensor.fresh_data<double>());
    return tensor;
}

std::int64_t count(const Index& shape) {
    std::int64_t product = 1;
    for (const std::int64_t length : shape) product *= length;
    return product;
}

std::size_t position(const Index& shape, const Index& index) {
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) flat = flat * shape[i] + index[i];
    return static_cast<std::size_t>(flat);
}

void for_each_index(const Index& shape, const std::function<void(const Index&)>& visit) {
    Index index(shape.size(), 0);
    for (std::int64_t left = count(shape); left > 0; --left) {
        visit(index);
        for (std::size_t i = shape.size(); i-- > 0 && ++index[i] == shape[i];) index[i] = 0;
    }
}

Naive generate(const Index& shape, const std::function<double(const Index&)>& element) {
    Naive result{shape, {}};
    for_each_index(shape, [&](const Index& index) { result.values.push_back(element(index)); });
    return result;
}

Index broadcast(const Index& a, const Index& b) {
    const Index& longer = a.size() >= b.size() ? a : b;
    const Index& shorter = a.size() >= b.size() ? b : a;
    Index shape = longer;
    const std::size_t offset = longer.size() - shorter.size();
    for (std::size_t i = 0; i < shorter.size(); ++i)
        if (shape[offset + i] == 1) shape[offset + i] = shorter[i];
    return shape;
}

Reference each(const std::function<double(double)>& f) {
    return [f](const std::vector<Naive>& in) { return generate(in[0].shape, [&](const Index& i) { return f(in[0][i]); }); };
}

Reference each_pair(const std::function<double(double, double)>& f) {
    return [f](const std::vector<Naive>& in) { return generate(broadcast(in[0].shape, in[1].shape), [&](const Index& i) { return f(in[0][i], in[1][i]); }); };
}

Reference along(const Index& dims, bool keepdim, const std::function<double(const std::vector<double>&)>& f) {
    return [=](const std::vector<Naive>& in) {
        const Naive& x = in[0];
        std::vector<bool> reduced(x.shape.size(), dims.empty());
        for (const std::int64_t dim : dims) reduced[static_cast<std::size_t>(dim < 0 ? dim + x.rank() : dim)] = true;
        Index kept_shape, result_shape;
        for (std::size_t i = 0; i < x.shape.size(); ++i) {
            kept_shape.push_back(reduced[i] ? 1 : x.shape[i]);
            if (keepdim || !reduced[i]) result_shape.push_back(kept_shape.back());
        }
        std::vector<std::vector<double>> groups(static_cast<std::size_t>(count(kept_shape)));
        for_each_index(x.shape, [&](Index i) {
            const double value = x[i];
            for (std::size_t d = 0; d < i.size(); ++d)
                if (reduced[d]) i[d] = 0;
            groups[position(kept_shape, i)].push_back(value);
        });
        Naive result{result_shape, {}};
        for (const std::vector<double>& group : groups) result.values.push_back(f(group));
        return result;
    };
}

}  // namespace knoll::records
