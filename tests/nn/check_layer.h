// Gradients of a whole layer.
#pragma once

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/random.h>
#include <knoll/nn/module.h>
#include <catch2/catch.hpp>

namespace knoll {

/// Checks the layer's gradients with respect to its input and every parameter, to second order, at random values in f64.
inline void check_layer_gradients(nn::Module& layer, const Tensor& x, std::uint64_t seed = 5) {
    Rng rng{seed};
    layer.to(DType::f64);
    layer.initialize(rng);
    std::vector<Tensor> inputs{x};
    const nn::StateDict parameters = layer.named_parameters();
    for (const auto& entry : parameters) inputs.push_back(randn(entry.second.shape(), rng, DType::f64));
    const TensorsFunction forward = [&](const std::vector<Tensor>& in) {
        nn::StateDict replacements;
        for (std::size_t i = 0; i < parameters.size(); ++i) replacements.emplace_back(parameters[i].first, in[i + 1]);
        return nn::functional_call(layer, replacements, in[0]);
    };
    const GradcheckResult result = gradcheck(forward, inputs, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

/// The same for an input drawn from a normal distribution.
inline void check_layer_gradients(nn::Module& layer, const Shape& shape) {
    Rng rng{17};
    check_layer_gradients(layer, randn(shape, rng, DType::f64));
}

/// The layer in f64, with weights of its own.
template <class Layer>
Layer initialized(Layer layer) {
    Rng rng{3};
    layer.to(DType::f64);
    layer.initialize(rng);
    return layer;
}

/// The names in a state_dict, in order.
inline std::vector<std::string> names_of(const nn::StateDict& state) {
    std::vector<std::string> names;
    for (const auto& entry : state) names.push_back(entry.first);
    return names;
}

}  // namespace knoll
