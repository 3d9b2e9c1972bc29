#include <knoll/apps/procedures/active_learning.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/core/ops/shape.h>

#include <algorithm>

namespace knoll::apps {

namespace {

constexpr int shown_rounds = 3;
constexpr std::int64_t shown_purchases = 12;

class ActiveLearning final : public Procedure {
public:
    ActiveLearning(std::string strategy, std::shared_ptr<Purchases> purchases, const nn::Sequential& model, const Hyperparameters& hyperparameters,
                   std::uint64_t seed)
        : strategy_(std::move(strategy)),
          purchases_(std::move(purchases)),
          hyperparameters_(hyperparameters),
          seed_(seed),
          loss_(batch_loss("cross_entropy")),
          optimizer_(make_optimizer(model, hyperparameters)) {}

    void begin_epoch(nn::Sequential& model, int epoch) override {
        model.eval();
        purchases_->buy(strategy_, model, epoch);
        Rng rng = Rng{seed_}.fork(static_cast<std::uint64_t>(epoch));
        model.initialize(rng);
        optimizer_ = make_optimizer(model, hyperparameters_);
    }

    double step(nn::Sequential& model, const data::Batch& batch, int epoch) override { return descend(model, batch, epoch, loss_, *optimizer_); }
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }
    nn::StateDict state_dict() const override { return purchases_->state_dict(); }

    std::vector<Gallery> galleries(nn::Sequential&) override {
        if (!purchases_->pool().has_images()) return {};
        Gallery gallery{.title = "Labels bought in the first rounds",
                        .introduction = "With the label that was bought. A red frame: the model had taken the image for something else."};
        for (int round = 0; round < std::min(shown_rounds, purchases_->plan().rounds); ++round) gallery.rows.push_back(row_of(round));
        return {gallery};
    }

private:
    GalleryRow row_of(int round) const {
        const data::LabeledImages& pool = purchases_->pool();
        const std::vector<std::int64_t> bought = purchases_->bought(), guesses = purchases_->guesses();
        const std::int64_t begin = round == 0 ? 0 : purchases_->plan().bought(round - 1), end = std::min(purchases_->plan().bought(round), std::ssize(bought));
        GalleryRow row;
        std::int64_t mistaken = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t example = bought[static_cast<std::size_t>(i)], guess = guesses[static_cast<std::size_t>(i)];
            const auto label = pool.labels().at<std::int64_t>(example);
            mistaken += guess >= 0 && guess != label ? 1 : 0;
            if (std::ssize(row.images) == shown_purchases) continue;
            const auto c = static_cast<std::size_t>(label);
            row.images.push_back({.data_uri = png_data_uri(select(pool.images(), 0, example)),
                                  .observed = {c < pool.class_names().size() ? pool.class_names()[c] : text("class ", label)},
                                  .mark = guess < 0        ? Mark::none
                                          : guess == label ? Mark::right
                                                           : Mark::wrong});
        }
        row.caption = round == 0 ? text("Round 1: ", end - begin, " at random")
                                 : text("Round ", round + 1, ": ", end - begin, ", of which the model had mistaken ", mistaken);
        return row;
    }

    std::string strategy_;
    std::shared_ptr<Purchases> purchases_;
    Hyperparameters hyperparameters_;
    std::uint64_t seed_;
    BatchLoss loss_;
    std::unique_ptr<nn::Optimizer> optimizer_;
};

}  // namespace

std::unique_ptr<Procedure> make_active_learning(std::string strategy, std::shared_ptr<Purchases> purchases, const nn::Sequential& model,
                                                const Hyperparameters& hyperparameters, std::uint64_t seed) {
    return std::make_unique<ActiveLearning>(std::move(strategy), std::move(purchases), model, hyperparameters, seed);
}

}  // namespace knoll::apps
