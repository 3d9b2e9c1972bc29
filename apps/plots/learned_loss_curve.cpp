#include <knoll/apps/plots/learned_loss_curve.h>

#include <knoll/losses/learned_loss.h>

#include <cmath>
#include <functional>

namespace knoll::apps {

namespace {

using CurveOfProbability = std::function<double(double p)>;

constexpr double least_probability = 0.01;
constexpr int curve_points = 100;

Series scaled_series(const std::string& name, const CurveOfProbability& loss, double chance, bool reference) {
    const double floor = loss(1.0), range = std::abs(loss(chance) - floor);
    Series series{.name = name, .x = {}, .y = {}, .reference = reference};
    for (int i = 0; i < curve_points; ++i) {
        const double p = least_probability + (1.0 - least_probability) * i / (curve_points - 1);
        series.x.push_back(p);
        series.y.push_back((loss(p) - floor) / (range > 0 ? range : 1.0));
    }
    return series;
}

}  // namespace

LinePlot learned_loss_curve(const Tensor& parameters, std::int64_t classes) {
    const double rivals = static_cast<double>(classes) - 1.0;
    const Tensor values = parameters.to(DType::f64).detach(), target = tensor({1, 0}, DType::f64);
    const CurveOfProbability learned = [&](double p) {
        const Tensor terms = losses::learned_loss_term(values, target, tensor({p, (1.0 - p) / rivals}, DType::f64));
        return terms.at<double>(0) + rivals * terms.at<double>(1);
    };
    const double chance = 1.0 / static_cast<double>(classes);
    return {.title = "The loss that was learned",
            .x_label = "probability of the true class",
            .y_label = "loss (1 at chance, 0 at certainty)",
            .series = {scaled_series("learned", learned, chance, false),
                       scaled_series(
                           "cross entropy", [](double p) { return -std::log(p); }, chance, false),
                       scaled_series(
                           "squared error", [&](double p) { return (1.0 - p) * (1.0 - p) * (1.0 + 1.0 / rivals); }, chance, false)}};
}

}  // namespace knoll::apps
