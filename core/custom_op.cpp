#include <knoll/core/record.h>
#include <knoll/core/shape.h>

#include <algorithm>

namespace knoll {

namespace {

bool broadcasts_to(const Shape& from, const Shape& to) {
    if (from.rank() > to.rank()) return false;
    for (std::int64_t i = 0; i < from.rank(); ++i)
        if (from[i] != 1 && from[i] != to[to.rank() - from.rank() + i]) return false;
    return true;
}

// A gradient has its input's shape; or the output's, where the input was broadcast to it, for the tape to reduce.
void check_gradient(const char* op, std::size_t position, const Tensor& gradient, const Tensor& input, const Shape& output) {
    if (!gradient.defined()) return;
    const bool fits = gradient.shape() == input.shape() || (gradient.shape() == output && broadcasts_to(input.shape(), output));
    require<ShapeError>(fits, "[", op, "] expected a gradient of shape ", input.shape(), " for input ", position, ", got ", gradient.shape());
    require<DTypeError>(gradient.dtype() == input.dtype(), "[", op, "] expected a gradient of ", input.dtype(), " for input ", position, ", got ",
                        gradient.dtype());
}

}  // namespace

Tensor custom_op(const std::string& name, const std::vector<Tensor>& inputs, const std::function<Tensor(const std::vector<Tensor>&)>& forward,
                 const std::function<std::vector<Tensor>(const std::vector<Tensor>&, const Tensor&)>& backward) {
    const char* op = intern(name);
    std::vector<Tensor> values;
    values.reserve(inputs.size());
    for (const Tensor& input : inputs) values.push_back(input.defined() ? input.detach() : input);
    Tensor output;
    {
        const NoGrad no_grad;
        output = forward(values);
    }
    require<ValueError>(output.defined(), "[", op, "] expected forward to return a tensor, got an undefined one");
    output = output.detach();  // forward may have returned a handle that others hold
    if (!is_floating(output.dtype())) return output;

    std::vector<Saved> saved(inputs.begin(), inputs.end());
    const SmallVector<Tensor> recorded(inputs.begin(), inputs.end());
    return record_joint(op, output, recorded, [op, backward, saved = std::move(saved), shape = output.shape()](const Tensor& upstream, const auto& needed) {
        const std::vector<Tensor> live(saved.begin(), saved.end());
        std::vector<Tensor> gradients = backward(live, upstream);
        require<AutogradError>(gradients.size() == live.size(), "[", op, "] expected ", live.size(), " gradients from backward, one per input, got ",
                               gradients.size());
        for (std::size_t i = 0; i < live.size(); ++i)
            if (needed[i]) check_gradient(op, i, gradients[i], live[i], shape);
        return SmallVector<Tensor>(gradients.begin(), gradients.end());
    });
}

}  // namespace knoll
