// What is done to parameters of several chunks, element by element: averages, limits on gradients.
#include "support/plain.h"

#include <knoll/nn/layers/linear.h>
#include <knoll/nn/optim/clip.h>
#include <knoll/nn/training/ema.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("averages of weights of several chunks follow them element by element", "[chunks]") {
    // A chunk has 16384 elements.
    for (const DType dtype : {DType::f32, DType::f64})
        for (const bool warm_up : {false, true}) {
            CAPTURE(to_string(dtype), warm_up);
            nn::Linear model(257, 300);
            model.to(dtype);
            Rng rng{1};
            model.initialize(rng);
            Tensor weight = model.named_parameters()[0].second;
            Doubles average = weight.to_vector();
            nn::EMA ema(model, {.decay = 0.7, .warm_up = warm_up});
            for (int step = 0; step < 3; ++step) {
                const Tensor next = drawn(weight.shape(), dtype, static_cast<std::uint64_t>(step));
                {
                    const NoGrad no_grad;
                    weight.copy_(next);
                }
                ema.update();
                const double decay = warm_up ? std::min(0.7, (1.0 + step) / (10.0 + step)) : 0.7;
                const Doubles values = next.to_vector();
                for (std::size_t i = 0; i < average.size(); ++i) average[i] = decay * average[i] + (1 - decay) * values[i];
            }
            ema.copy_to(model);
            check_near("average", weight, average, dtype == DType::f32 ? 1e-6 : 1e-14);
        }
}

TEST_CASE("gradients of several chunks are limited together, or one by one, as plain loops do", "[chunks]") {
    for (const DType dtype : {DType::f32, DType::f64})
        for (const std::int64_t count : {7, 8, 16383, 16384, 16385, 50001}) {
            CAPTURE(to_string(dtype), count);
            std::vector<Tensor> parameters;
            Doubles all;
            for (const std::int64_t length : {count, std::int64_t{13}}) {
                const Tensor gradient = drawn({length}, dtype, static_cast<std::uint64_t>(length));
                parameters.push_back(zeros_like(gradient).set_requires_grad());
                parameters.back().set_grad(gradient.clone());
                for (const double value : gradient.to_vector()) all.push_back(value);
            }
            const double norm = std::sqrt(inner_product(all, all));
            CHECK(nn::clip_grad_norm(parameters, 0.5) == Approx(norm).epsilon(1e-12));
            Doubles clipped = parameters[0].grad().to_vector();
            for (const double value : parameters[1].grad().to_vector()) clipped.push_back(value);
            double worst = 0;
            for (std::size_t i = 0; i < all.size(); ++i) worst = std::max(worst, std::abs(clipped[i] - all[i] * 0.5 / norm));
            CHECK(worst < 1e-6);

            parameters[0].set_grad(drawn({count}, dtype, 9));
            Doubles limited = parameters[0].grad().to_vector();
            for (double& value : limited) value = std::clamp(value, -0.25, 0.25);
            nn::clip_grad_value(parameters, 0.25);
            CHECK(parameters[0].grad().to_vector() == limited);
        }
}
