#include <knoll/apps/procedures/adaptation.h>

#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/dpl.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/optim/adam.h>

#include <algorithm>

namespace knoll::apps {

namespace {

// Scales and shifts: the parameters that stand beside a running mean.
std::vector<Tensor> batch_norm_parameters(const nn::Sequential& model) {
    constexpr std::string_view mark = "running_mean";
    std::vector<Tensor> found;
    const nn::StateDict parameters = model.named_parameters();
    for (const auto& buffer : model.named_buffers()) {
        if (!buffer.first.ends_with(mark)) continue;
        const std::string layer = buffer.first.substr(0, buffer.first.size() - mark.size());
        for (const auto& [name, tensor] : parameters)
            if (name == layer + "weight" || name == layer + "bias") found.push_back(tensor);
    }
    require<ValueError>(!found.empty(), "[adapt] expected a model with batch norm, got one without; use --model small_cnn or resnet20");
    return found;
}

class Unchanged final : public Adapter {
public:
    explicit Unchanged(const nn::Sequential& source) : model_(nn::clone(source)) { model_.eval(); }
    Tensor predict(const Tensor& images) override {
        NoGrad no_grad;
        return model_(images);
    }

private:
    nn::Sequential model_;
};

class BatchStatistics final : public Adapter {
public:
    explicit BatchStatistics(const nn::Sequential& source) : model_(nn::clone(source)) {
        batch_norm_parameters(model_);
        model_.train();
    }
    Tensor predict(const Tensor& images) override {
        NoGrad no_grad;
        return model_(images);
    }

private:
    nn::Sequential model_;
};

// What tent and dpl share: one step of Adam, on the loss of a batch that has just been predicted, over some of the parameters.
class Learner : public Adapter {
protected:
    Learner(const nn::Sequential& source, const AdaptationOptions& options) : model_(nn::clone(source)), options_(options) { model_.train(); }

    void learn(std::vector<Tensor> parameters) {
        for (Tensor parameter : model_.parameters()) parameter.set_requires_grad(false);
        for (Tensor& parameter : parameters) parameter.set_requires_grad();
        optimizer_ = std::make_unique<nn::Adam>(parameters, nn::AdamOptions{.learning_rate = options_.learning_rate});
    }
    void step(const Tensor& loss) {
        optimizer_->zero_grad();
        backward(loss);
        optimizer_->step();
    }

    nn::Sequential model_;
    AdaptationOptions options_;

private:
    std::unique_ptr<nn::Adam> optimizer_;
};

class Tent final : public Learner {
public:
    Tent(const nn::Sequential& source, const AdaptationOptions& options) : Learner(source, options) { learn(batch_norm_parameters(model_)); }
    Tensor predict(const Tensor& images) override {
        EnableGrad enable_grad;
        const Tensor logits = model_(images);
        step(mean_entropy(logits));
        return logits.detach();
    }
};

class Dpl final : public Learner {
public:
    Dpl(const nn::Sequential& source, const AdaptationOptions& options)
        : Learner(source, options),
          classifier_(last_layer(model_)),
          memory_(classifier_.weight.size(0), options.memory_momentum),
          early_(early_layers(model_)) {
        std::vector<Tensor> parameters = batch_norm_parameters(model_);
        parameters.push_back(classifier_.weight);
        learn(parameters);
    }

    Tensor predict(const Tensor& images) override {
        EnableGrad enable_grad;
        const Tensor maps = run(images, 0, early_), features = run(maps, early_, model_.size() - 1);
        Tensor logits = classifier_(features).detach();
        const Tensor labels = argmax(logits, 1), confident = max(softmax(logits, 1), {1}) >= options_.confidence;
        memory_.update(features.detach(), labels, confident);
        step(losses::prototype_loss(similarities(features), labels, confident) + options_.memory_weight * memory_loss() +
             options_.style_weight * style_loss(maps, labels, confident));
        return logits;
    }

private:
    static nn::Linear& last_layer(nn::Sequential& model) {
        auto* layer = model.size() < 2 ? nullptr : dynamic_cast<nn::Linear*>(&model[model.size() - 1]);
        require<ValueError>(layer != nullptr, "[dpl] expected a model that ends in a linear layer, got another");
        return *layer;
    }
    // Those up to and with the first ReLU: maps whose channels are textures rather than things.
    static std::size_t early_layers(nn::Sequential& model) {
        for (std::size_t i = 0; i + 1 < model.size(); ++i)
            if (dynamic_cast<nn::ReLU*>(&model[i]) != nullptr) return i + 1;
        return 1;
    }

    Tensor run(Tensor x, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) x = model_[i](x);
        return x;
    }
    Tensor similarities(const Tensor& features) const { return losses::prototype_similarities(features, classifier_.weight, options_.temperature); }

    Tensor memory_loss() const {
        const auto [labels, features] = memory_.contents();
        if (!labels.defined()) return zeros({});
        return losses::prototype_loss(similarities(features), labels, ones(labels.shape(), DType::u8));
    }

    // Confident examples that look as the others do are still what they are.
    Tensor style_loss(const Tensor& maps, const Tensor& labels, const Tensor& confident) {
        std::vector<std::int64_t> contents, styles, pairs;
        const auto sure = confident.data<std::uint8_t>();
        for (std::size_t i = 0; i < sure.size(); ++i) (sure[i] != 0 ? contents : styles).push_back(static_cast<std::int64_t>(i));
        if (contents.size() < 2 || styles.empty() || maps.rank() != 4) return zeros({});
        for (std::size_t i = 0; i < contents.size(); ++i) pairs.push_back(styles[i % styles.size()]);
        const Shape count{static_cast<std::int64_t>(contents.size())};
        const Tensor content = from_data<std::int64_t>(count, contents), style = from_data<std::int64_t>(count, pairs);
        const Tensor moved = losses::transfer_style(index_select(maps, 0, content), index_select(maps, 0, style));
        return losses::prototype_loss(similarities(run(moved, early_, model_.size() - 1)), index_select(labels, 0, content), ones(count, DType::u8));
    }

    nn::Linear& classifier_;
    ClassMemory memory_;
    std::size_t early_;
};

}  // namespace

const std::vector<std::string>& adapter_names() {
    static const std::vector<std::string> names{"none", "bn_stats", "tent", "dpl"};
    return names;
}

std::unique_ptr<Adapter> make_adapter(const std::string& name, const nn::Sequential& source, const AdaptationOptions& options) {
    if (name == "none") return std::make_unique<Unchanged>(source);
    if (name == "bn_stats") return std::make_unique<BatchStatistics>(source);
    if (name == "tent") return std::make_unique<Tent>(source, options);
    if (name == "dpl") return std::make_unique<Dpl>(source, options);
    fail<ValueError>("[adapt] expected the name of a way to adapt, got ", name, suggestion(name, adapter_names()));
}

Tensor mean_entropy(const Tensor& logits) {
    const Tensor log_p = clamp(log_softmax(logits, 1), -1e30, 0.0);  // infinity times 0 would be NaN
    return mean(-sum(exp(log_p) * log_p, 1));
}

void ClassMemory::update(const Tensor& features, const Tensor& labels, const Tensor& kept) {
    NoGrad no_grad;
    std::vector<std::vector<std::int64_t>> members(features_.size());
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        if (kept.at<std::uint8_t>(i) != 0) members.at(static_cast<std::size_t>(labels.at<std::int64_t>(i))).push_back(i);
    for (std::size_t c = 0; c < members.size(); ++c) {
        if (members[c].empty()) continue;
        const Tensor index = from_data<std::int64_t>({static_cast<std::int64_t>(members[c].size())}, members[c]);
        const Tensor centre = mean(index_select(features, 0, index), {0});
        features_[c] = features_[c].defined() ? momentum_ * features_[c] + (1.0 - momentum_) * centre : centre;
    }
}

std::pair<Tensor, Tensor> ClassMemory::contents() const {
    std::vector<std::int64_t> classes;
    std::vector<Tensor> rows;
    for (std::size_t c = 0; c < features_.size(); ++c) {
        if (!features_[c].defined()) continue;
        classes.push_back(static_cast<std::int64_t>(c));
        rows.push_back(features_[c]);
    }
    if (rows.empty()) return {};
    return {from_data<std::int64_t>({static_cast<std::int64_t>(classes.size())}, classes), stack(rows)};
}

}  // namespace knoll::apps
