#include <knoll/apps/procedures/l2b.h>

#include <knoll/apps/report/image.h>
#include <knoll/core/autograd.h>
#include <knoll/core/non_finite.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/text.h>
#include <knoll/data/pixels.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/nn/optim/clip.h>
#include <knoll/nn/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace knoll::apps {

namespace {

nn::StateDict cloned(const nn::StateDict& state) {
    nn::StateDict copy;
    for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.detach().clone());
    return copy;
}

class L2b final : public Procedure {
public:
    L2b(const data::LabeledImages& clean, std::unique_ptr<nn::Optimizer> optimizer, const L2bOptions& options, TrueLabels truth)
        : clean_images_(data::in_unit_range(clean.images())),
          clean_labels_(clean.labels()),
          optimizer_(std::move(optimizer)),
          options_(options),
          truth_(std::move(truth)) {
        require<ValueError>(clean.count() >= 2, "[l2b] expected at least 2 clean examples, got ", clean.count());
        require<ValueError>(dynamic_cast<nn::SGD*>(optimizer_.get()) != nullptr, "[l2b] expected --optimizer sgd or nesterov, got ", optimizer_->name());
    }

    double step(nn::Sequential& model, const data::Batch& batch, int epoch) override {
        const bool is_weighted = epoch >= options_.warm_up;
        // Before the forward pass, whose graph would see the parameters change.
        const std::vector<Tensor> direction = is_weighted ? direction_of_clean(model, batch, epoch) : std::vector<Tensor>{};
        const Tensor logits = model(batch.images);
        const Tensor loss = is_weighted ? weighted_loss(model, logits, batch, direction) : losses::CrossEntropy{}(logits, batch.labels);
        require<NonFiniteError>(std::isfinite(loss.item()), "[train] expected a finite loss, got ", loss.item());
        optimizer_->zero_grad();
        backward(loss);
        if (options_.clip > 0) nn::clip_grad_norm(model.parameters(), options_.clip);
        optimizer_->step();
        return loss.item();
    }
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }

    // The weights that a batch from all over the training set, whose first examples are the clean ones, would get of the finished model.
    std::vector<Gallery> galleries(nn::Sequential& model) override {
        const data::LabeledImages& set = truth_.noisy;
        if (!set.has_images()) return {};
        const std::int64_t count = std::min<std::int64_t>(set.count(), 256);
        Tensor chosen = arange(count);
        for (std::int64_t& index : chosen.mutable_data<std::int64_t>()) index = index * set.count() / count;
        const Tensor images = data::in_unit_range(index_select(set.images(), 0, chosen)), labels = index_select(set.labels(), 0, chosen);
        nn::Sequential copy = nn::clone(model);
        copy.train();
        const Tensor logits = copy(images), pseudo = argmax(logits.detach(), 1);
        const Tensor weights = bootstrap_weights(cost_derivatives(
            logits, derivative_along(logits, copy.parameters(), clean_gradient(copy, copy.named_parameters(), clean_images_, clean_labels_)), labels, pseudo));
        return {gallery(chosen, pseudo, weights)};
    }

private:
    // Which clean examples a step draws is a function of the seed, the epoch and the first example of the batch.
    Tensor draw_clean(const data::Batch& batch, int epoch) const {
        Rng rng = Rng{options_.seed}.fork(static_cast<std::uint64_t>(epoch)).fork(static_cast<std::uint64_t>(batch.indices.at<std::int64_t>(0)));
        const std::int64_t count = clean_labels_.size(0);
        return choice(count, std::clamp<std::int64_t>(batch.size(), 2, count), false, rng);
    }

    std::vector<Tensor> direction_of_clean(nn::Sequential& model, const data::Batch& batch, int epoch) {
        const Tensor drawn = draw_clean(batch, epoch);
        return clean_gradient(model, look_ahead(model, *optimizer_), index_select(clean_images_, 0, drawn), index_select(clean_labels_, 0, drawn));
    }

    static Tensor weighted_loss(nn::Sequential& model, const Tensor& logits, const data::Batch& batch, const std::vector<Tensor>& direction) {
        const Tensor pseudo = argmax(logits.detach(), 1);
        const Tensor weights = bootstrap_weights(cost_derivatives(logits, derivative_along(logits, model.parameters(), direction), batch.labels, pseudo));
        const losses::CrossEntropy cost{{}, Reduction::none};
        return sum(select(weights, 0, 0) * cost(logits, batch.labels)) + sum(select(weights, 0, 1) * cost(logits, pseudo));
    }

    std::string class_name(std::int64_t label) const {
        const auto& names = truth_.noisy.class_names();
        return names.empty() ? text("class ", label) : names[static_cast<std::size_t>(label)];
    }

    Gallery gallery(const Tensor& chosen, const Tensor& pseudo, const Tensor& weights) const {
        std::int64_t wrong = 0, favoured = 0;
        GalleryRow row{.caption = "Wrong labels"};
        const double fair = 1.0 / static_cast<double>(2 * chosen.numel());
        for (std::int64_t i = 0; i < chosen.numel(); ++i) {
            const auto example = chosen.at<std::int64_t>(i), guess = pseudo.at<std::int64_t>(i);
            const auto given = truth_.noisy.labels().at<std::int64_t>(example), right = truth_.labels.at<std::int64_t>(example);
            if (given == right) continue;
            const auto of_label = weights.to(DType::f64).at<double>(0, i), of_guess = weights.to(DType::f64).at<double>(1, i);
            const bool is_right = guess == right && of_guess > of_label;
            ++wrong;
            favoured += is_right ? 1 : 0;
            if (row.images.size() < 16)
                row.images.push_back({.data_uri = png_data_uri(select(truth_.noisy.images(), 0, example)),
                                      .observed = {text(class_name(given), " x ", fixed_weight(of_label / fair))},
                                      .missing = {class_name(right)},
                                      .recovered = {text(class_name(guess), " x ", fixed_weight(of_guess / fair))},
                                      .mark = is_right ? Mark::right : Mark::wrong});
        }
        return {.title = "What l2b makes of wrong labels",
                .introduction = text("Training examples with a wrong label, the true class behind it, and what the model believes; the numbers are weights, 1 "
                                     "being an equal share. Framed green where the true class has the larger weight. That is so for ",
                                     favoured, " of the ", wrong, " wrong labels among ", chosen.numel(), " examples."),
                .rows = {row}};
    }

    static std::string fixed_weight(double value) { return text(std::round(10 * value) / 10); }

    Tensor clean_images_, clean_labels_;
    std::unique_ptr<nn::Optimizer> optimizer_;
    L2bOptions options_;
    TrueLabels truth_;
};

}  // namespace

nn::StateDict look_ahead(nn::Sequential& model, nn::Optimizer& optimizer) {
    const nn::StateDict before = cloned(model.named_parameters()), state = cloned(optimizer.state_dict());
    for (Tensor parameter : model.parameters()) parameter.set_grad(zeros_like(parameter.detach()));
    optimizer.step();
    nn::StateDict ahead = cloned(model.named_parameters());
    nn::copy_state("look_ahead", model.named_parameters(), before);
    optimizer.load_state_dict(state);
    optimizer.zero_grad();
    return ahead;
}

std::vector<Tensor> clean_gradient(nn::Sequential& model, const nn::StateDict& parameters, const Tensor& images, const Tensor& labels) {
    nn::StateDict replacements = cloned(parameters);
    std::vector<Tensor> leaves;
    for (auto& [name, tensor] : replacements) leaves.push_back(tensor.set_requires_grad());
    for (const auto& entry : cloned(model.named_buffers())) replacements.push_back(entry);
    return grad({losses::CrossEntropy{}(nn::functional_call(model, replacements, images), labels)}, leaves);
}

Tensor derivative_along(const Tensor& logits, const std::vector<Tensor>& parameters, const std::vector<Tensor>& direction) {
    require<ShapeError>(parameters.size() == direction.size(), "[derivative_along] expected a direction for each of ", parameters.size(), " parameters, got ",
                        direction.size());
    // The gradient by the parameters is linear in what comes from above; its derivative by that is the one wanted.
    Tensor upstream = zeros_like(logits.detach()).set_requires_grad();
    const std::vector<Tensor> slopes = grad(std::vector<Tensor>{logits}, parameters, {.grad_outputs = {upstream}, .create_graph = true});
    Tensor product = sum(slopes[0] * direction[0]);
    for (std::size_t i = 1; i < slopes.size(); ++i) product = product + sum(slopes[i] * direction[i]);
    return grad(product, upstream, {.retain_graph = true});
}

Tensor cost_derivatives(const Tensor& logits, const Tensor& along, const Tensor& labels, const Tensor& pseudo_labels) {
    NoGrad no_grad;
    const Tensor expected = sum(softmax(logits.detach(), 1) * along, 1, true);
    const auto of = [&](const Tensor& classes) { return reshape(expected - gather(along, 1, unsqueeze(classes, 1)), {classes.size(0)}); };
    return stack({of(labels), of(pseudo_labels)});
}

Tensor bootstrap_weights(const Tensor& derivatives) {
    NoGrad no_grad;
    const Tensor positive = relu(derivatives);
    const double total = sum(positive).item();
    return total > 0 ? positive * (1.0 / total) : positive;
}

std::unique_ptr<Procedure> make_l2b(const data::LabeledImages& clean, std::unique_ptr<nn::Optimizer> optimizer, const L2bOptions& options, TrueLabels truth) {
    return std::make_unique<L2b>(clean, std::move(optimizer), options, std::move(truth));
}

}  // namespace knoll::apps
