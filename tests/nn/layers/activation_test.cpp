#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/nn/layers/activation.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

template <class Layer, class F>
void check_values(Layer layer, const F& expected) {
    const Tensor x = tensor({-3, -0.5, 0.25, 2}, DType::f64);
    std::vector<double> values;
    for (const double value : x.to_vector()) values.push_back(expected(value));
    check_close(layer(x), tensor(values, x.shape(), DType::f64), 1e-12, 1e-14);
    CHECK(layer.parameters().empty());
    check_layer_gradients(layer, x);
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("activation layers compute their functions and gradients") {
    check_values(nn::ReLU{}, [](double x) { return std::max(x, 0.0); });
    check_values(nn::LeakyReLU{}, [](double x) { return x > 0 ? x : 0.01 * x; });
    check_values(nn::LeakyReLU{0.2}, [](double x) { return x > 0 ? x : 0.2 * x; });
    check_values(nn::GELU{}, [](double x) { return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))); });
    check_values(nn::GELU{GeluForm::tanh}, [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); });
    check_values(nn::SiLU{}, [](double x) { return x * sigmoid_of(x); });
    check_values(nn::ELU{}, [](double x) { return x > 0 ? x : std::expm1(x); });
    check_values(nn::ELU{0.5}, [](double x) { return x > 0 ? x : 0.5 * std::expm1(x); });
    check_values(nn::Tanh{}, [](double x) { return std::tanh(x); });
    check_values(nn::Sigmoid{}, sigmoid_of);
    check_values(nn::Softplus{}, [](double x) { return std::log1p(std::exp(x)); });
}
