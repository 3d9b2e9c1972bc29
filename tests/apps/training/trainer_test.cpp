#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/training/trainer.h>
#include <knoll/core/autograd.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/nn/models/models.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <csignal>

using namespace knoll;
using namespace knoll::apps;

namespace {

// Trains against the mean image of what it has seen, so that its weights depend on what it remembers.
class Remembering final : public Procedure {
public:
    Remembering(std::unique_ptr<nn::Optimizer> optimizer, int interrupt_at) : optimizer_(std::move(optimizer)), interrupt_at_(interrupt_at) {}

    void begin_epoch(nn::Sequential&, int) override {
        const NoGrad no_grad;
        begun_ += 1.0;
    }
    double step(nn::Sequential& model, const data::Batch& batch, int) override {
        rates_.push_back(optimizer_->learning_rate());
        const Tensor batch_mean = mean(batch.images, {0});
        {
            const NoGrad no_grad;
            memory_ *= 0.5;
            memory_ += batch_mean * 0.5;
        }
        const double value = descend(cross_entropy_(model(batch.images - memory_), batch.labels, 0), *optimizer_);
        if (++steps_ == interrupt_at_) std::raise(SIGINT);
        return value;
    }
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }
    nn::StateDict state_dict() const override { return {{"memory", memory_}, {"begun", begun_}}; }
    std::vector<Gallery> galleries(nn::Sequential&) override {
        GalleryRow row{.caption = text(begun_.item(), " epochs begun"), .images = {{.data_uri = "data:,", .recovered = {"bag"}, .mark = Mark::right}}};
        for (const double rate : rates_) row.images.push_back({.data_uri = text(rate)});
        return {{.title = "Seen", .rows = {row}}};
    }

private:
    std::unique_ptr<nn::Optimizer> optimizer_;
    BatchLoss cross_entropy_ = batch_loss("cross_entropy");
    Tensor memory_ = zeros({1, 28, 28});
    Tensor begun_ = zeros({});
    std::vector<double> rates_;
    int steps_ = 0;
    int interrupt_at_;
};

class RememberingTask final : public Task {
public:
    explicit RememberingTask(int interrupt_at = 0) : interrupt_at_(interrupt_at) {}
    TaskInfo info() const override {
        return {
            .name = "remembering", .summary = "", .targets = losses::TargetKind::class_index, .options = {}, .modifiers = {}, .procedures = {}, .methods = {}};
    }
    std::string data_name() const override { return "shapes"; }
    NamedTexts describe() const override { return {}; }
    Hyperparameters defaults(const Method&) const override { return {}; }
    nn::Sequential make_model(const Method&) const override { return nn::models::mlp({.classes = set_.classes(), .hidden = {4}}); }
    Learning learning(const Method&, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const data::LabeledImages set = set_;
        return {{.count = set.count(),
                 .batches =
                     [set, seed](std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch) {
                         return data::Loader{set, {.batch_size = batch_size, .shuffle = true, .seed = seed, .epoch = epoch, .first_batch = first_batch}};
                     },
                 .restarts = true},
                std::make_unique<Remembering>(make_optimizer(model, hyperparameters), interrupt_at_)};
    }
    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        const NoGrad no_grad;
        return {.metrics = {{"score", sum(model(zeros({1, 1, 28, 28}))).item()}},
                .figures = {{.svg = "<svg></svg>", .caption = request.is_final ? "final" : "curve"}}};
    }
    std::string title() const override { return ""; }
    std::string introduction() const override { return ""; }

private:
    data::LabeledImages set_ = data::draw_shapes({.count = 40, .seed = 1, .size = 28});
    int interrupt_at_;
};

RunResult run_remembering(const std::string& folder, int interrupt_at, bool resume) {
    std::ostringstream out;
    const Console console{out, out};
    const RememberingTask task{interrupt_at};
    const Hyperparameters hyperparameters{.epochs = 3, .batch = 8, .learning_rate = 0.01, .optimizer = "adam", .schedule = "cosine"};
    Trainer trainer{task,   {"remember", "remember", {}}, hyperparameters, {.resume = resume, .quiet = true, .label = "", .way_on = ""}, RunFolder{folder},
                    console};
    return trainer.run(SignalWatch{});
}

}  // namespace

TEST_CASE("a procedure that remembers goes on with what it remembered, begins each epoch once, and its pictures stay with the result") {
    const test::TemporaryFolder folder;
    const RunResult whole = run_remembering("", 0, false);
    CHECK_THROWS_AS(run_remembering(folder / "run", 7, false), Interrupted);
    const RunResult resumed = run_remembering(folder / "run", 0, true);
    CHECK(resumed.metrics == whole.metrics);

    REQUIRE(whole.galleries.size() == 1);
    CHECK(whole.galleries[0].rows[0].caption == "3 epochs begun");
    CHECK(resumed.galleries[0].rows[0].caption == "3 epochs begun");
    REQUIRE(whole.figures.size() == 1);
    CHECK(whole.figures[0].caption == "final");
    CHECK(RunFolder{folder / "run"}.result() == resumed);
}

TEST_CASE("where learning rates restart, every epoch goes through all of them") {
    const RunResult run = run_remembering("", 0, false);
    const auto& images = run.galleries[0].rows[0].images;
    REQUIRE(images.size() == 1 + 3 * 5);
    CHECK(images[1].data_uri == "0.01");
    for (std::size_t i = 1; i <= 5; ++i) {
        CHECK(images[i].data_uri == images[i + 5].data_uri);
        CHECK(images[i].data_uri == images[i + 10].data_uri);
    }
    CHECK(images[5].data_uri != "0.01");
}
