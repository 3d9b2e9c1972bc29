#include <knoll/nn/sequential.h>

#include <knoll/nn/layers/activation.h>
#include <knoll/nn/layers/normalization.h>
#include <knoll/nn/layers/pooling.h>

namespace knoll::nn {

void Sequential::append(AnyModule module) { append(std::to_string(modules_.size()), std::move(module)); }

void Sequential::append(const std::string& name, AnyModule module) {
    require<ValueError>(!name.empty(), "[Sequential] expected a name of one character or more, got \"\"");
    require<ValueError>(name.find('.') == std::string::npos, "[Sequential] expected a name without dots, got \"", name, "\"");
    for (const auto& entry : modules_) require<ValueError>(entry.first != name, "[Sequential] expected a new name, got \"", name, "\" again");
    modules_.emplace_back(name, std::move(module));
}

Module& Sequential::operator[](std::size_t position) {
    require<IndexError>(position < modules_.size(), "[Sequential] expected a position below ", modules_.size(), ", got ", position);
    return *modules_[position].second;
}

// Two pairs of neighbours are run as one, with the same result. Batch normalisation and ReLU share their passes over memory. ReLU
// and maximum commute, gradients included, and a ReLU behind the pooling has a quarter of the work or less.
Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (std::size_t i = 0; i < modules_.size(); ++i) {
        Module& module = *modules_[i].second;
        Module* const next = i + 1 < modules_.size() ? &*modules_[i + 1].second : nullptr;
        auto* const normalization = dynamic_cast<BatchNorm*>(&module);
        if (normalization != nullptr && dynamic_cast<ReLU*>(next) != nullptr) {
            y = normalization->forward_relu(y);
            ++i;
        } else if (dynamic_cast<ReLU*>(&module) != nullptr && dynamic_cast<MaxPool2d*>(next) != nullptr) {
            y = module(next->forward(y));
            ++i;
        } else {
            y = module(y);
        }
    }
    return y;
}

void Sequential::describe(Fields& fields) {
    for (auto& [name, module] : modules_) fields.child(name, *module);
}

}  // namespace knoll::nn
