#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/trainer.h>
#include <knoll/core/autograd.h>
#include <knoll/core/non_finite.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/nn/models/models.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <limits>
#include <stdexcept>

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

// Throws an error of a kind in its third step.
template <class E>
class Failing final : public Procedure {
public:
    explicit Failing(std::unique_ptr<nn::Optimizer> optimizer) : optimizer_(std::move(optimizer)) {}
    double step(nn::Sequential&, const data::Batch&, int) override {
        if (++steps_ == 3) throw E("[some_op] expected a class of the model, got 12");
        return 1;
    }
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }

private:
    std::unique_ptr<nn::Optimizer> optimizer_;
    int steps_ = 0;
};

template <class E>
class FailingTask final : public Task {
public:
    TaskInfo info() const override { return remembering_.info(); }
    std::string data_name() const override { return "shapes"; }
    NamedTexts describe() const override { return {}; }
    Hyperparameters defaults(const Method&) const override { return {}; }
    nn::Sequential make_model(const Method& method) const override { return remembering_.make_model(method); }
    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        return {remembering_.learning(method, model, hyperparameters, seed).data, std::make_unique<Failing<E>>(make_optimizer(model, hyperparameters))};
    }
    Evaluation evaluate(const Method&, nn::Sequential&, const EvaluationRequest&) const override { return {}; }
    std::string title() const override { return ""; }
    std::string introduction() const override { return ""; }

private:
    RememberingTask remembering_;
};

template <class E>
void run_failing() {
    std::ostringstream out;
    const Console console{out, out};
    const FailingTask<E> task;
    Trainer trainer{task, {"failing", "failing", {}}, {.epochs = 1, .batch = 8}, {.quiet = true, .label = "", .way_on = ""}, RunFolder{""}, console};
    trainer.run(SignalWatch{});
}

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

TEST_CASE("only a number that is not finite is a divergence, and a wrong argument is reported as what it is") {
    CHECK_THROWS_AS(run_failing<NonFiniteError>(), Diverged);
    CHECK_THROWS_WITH(run_failing<NonFiniteError>(), Catch::StartsWith("[some_op] expected a class of the model, got 12 with failing in epoch 1, batch 3; ") &&
                                                         Catch::Contains("try a smaller --lr"));
    CHECK_THROWS_AS(run_failing<ValueError>(), ValueError);
    CHECK_THROWS_WITH(run_failing<ValueError>(), Catch::Equals("[some_op] expected a class of the model, got 12"));
    CHECK_THROWS_WITH(run_failing<ShapeError>(), Catch::Equals("[some_op] expected a class of the model, got 12"));
}

TEST_CASE("losses tell a logit that is not a number from a label that is wrong") {
    const Tensor not_numbers = full({2, 3}, std::numeric_limits<double>::quiet_NaN());
    const Tensor logits = zeros({2, 3});
    const Tensor classes = tensor(std::vector<double>{0, 2}, {2}, DType::i64);
    const BatchLoss row = batch_loss("cross_entropy"), element = batch_loss("bce"), pairs = batch_loss("triplet");
    CHECK_THROWS_AS(row(not_numbers, classes, 0), NonFiniteError);
    CHECK_THROWS_AS(element(not_numbers, logits, 0), NonFiniteError);
    CHECK_THROWS_AS(pairs(not_numbers, classes, 0), NonFiniteError);
    const auto is_non_finite = [](const auto& function) {
        try {
            function();
        } catch (const NonFiniteError&) {
            return true;
        } catch (const ValueError&) {
            return false;
        }
        throw std::logic_error("nothing was thrown");
    };
    CHECK_FALSE(is_non_finite([&] { row(logits, (classes + 2.0).to(DType::i64), 0); }));
    CHECK_FALSE(is_non_finite([&] { element(logits, logits + 2.0, 0); }));
}

TEST_CASE("with averaged weights, the model that a run leaves is the one that was judged") {
    std::ostringstream out;
    const Console console{out, out};
    const RememberingTask task;
    const Hyperparameters hyperparameters{.epochs = 2, .batch = 8, .learning_rate = 0.05, .optimizer = "adam", .schedule = "constant", .ema = 0.9};
    Trainer trainer{task, {"remember", "remember", {}}, hyperparameters, {.quiet = true, .label = "", .way_on = ""}, RunFolder{""}, console};
    const RunResult result = trainer.run(SignalWatch{});
    nn::Sequential left = task.make_model({"remember", "remember", {}});
    left.load_state_dict(trainer.model().state_dict());
    left.eval();
    CHECK(task.evaluate({"remember", "remember", {}}, left, {}).metrics == result.metrics);
}

TEST_CASE("the line of an epoch has its number, loss, metrics and the time of that epoch alone") {
    std::ostringstream out;
    const Console console{out, out};
    const RememberingTask task;
    Trainer trainer{task,   {"remember", "remember", {}}, {.epochs = 2, .batch = 8}, {.narrate = true, .label = "some loss", .way_on = ""}, RunFolder{""},
                    console};
    const RunResult result = trainer.run(SignalWatch{});
    std::string expected;
    double before = 0;
    for (const EpochRecord& record : result.epochs) {
        expected += text("some loss  epoch ", record.epoch, "/2  loss ", fixed(record.loss, 4), "  score ", fixed(record.metrics.at(0).value, 2), "  ",
                         duration(record.seconds - before), "\n");
        before = record.seconds;
    }
    CHECK(out.str() == expected);
    REQUIRE(result.epochs.size() == 2);
    CHECK(result.epochs[0].epoch == 1);
    CHECK(result.epochs[1].epoch == 2);
    CHECK(result.epochs[1].seconds >= result.epochs[0].seconds);
    CHECK(result.seconds == result.epochs[1].seconds);
}
