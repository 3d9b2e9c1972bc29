// A task: what is learned from which data, and how it is judged. The trainer knows nothing else of it; a new task is one class
// and one line in apps/tasks/catalog.cpp.
#pragma once

#include <knoll/apps/procedures/procedure.h>
#include <knoll/apps/report/report.h>
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/apps/training/method.h>
#include <knoll/data/loader/loader.h>

#include <functional>
#include <limits>

namespace knoll::apps {

/// Training data as one method sees them under one seed.
struct TrainingSet {
    std::int64_t count = 0;  ///< examples per epoch
    /// The batches of an epoch from a given one on.
    std::function<data::Loader(std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch)> batches;
    bool restarts = false;  ///< every epoch goes through the whole schedule of learning rates: it begins with a fresh model
};

/// All that a run needs beside its model.
struct Learning {
    TrainingSet data;
    std::unique_ptr<Procedure> procedure;
};

/// What a model is to be judged on.
struct EvaluationRequest {
    static constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();

    std::uint64_t seed = 1;      ///< of the run
    std::int64_t at_most = all;  ///< examples, the same ones in all runs
    bool is_final = true;        ///< the run is over: what takes long is computed, and pictures are made
};

struct Evaluation {
    std::vector<Metric> metrics;         ///< percent; the first is the one that counts most
    std::vector<double> per_class = {};  ///< percent; one for each of the task's class names
    std::vector<Gallery> galleries = {};
    std::vector<Figure> figures = {};
    std::string note = {};  ///< what is wrong with the model as a whole, such as that it always says the same; empty: nothing
};

class Task {
public:
    virtual ~Task() = default;
    virtual TaskInfo info() const = 0;
    /// A few words: "Fashion-MNIST scenes".
    virtual std::string data_name() const = 0;
    /// Sizes and options in force, by name.
    virtual NamedTexts describe() const = 0;
    /// Chosen on held-out training data, for each loss alike.
    virtual Hyperparameters defaults(const Method& method) const = 0;

    /// Without weights.
    virtual nn::Sequential make_model(const Method& method) const = 0;
    /// Training data as the method sees them, and what it does with them. The model has its first weights.
    virtual Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const = 0;
    /// Judges a model in evaluation mode.
    virtual Evaluation evaluate(const Method& method, nn::Sequential& model, const EvaluationRequest& request) const = 0;

    /// Metrics of the run until now, from its log: they come behind those of an evaluation, after each epoch and at the end.
    virtual std::vector<Metric> metrics_of_run(const std::vector<EpochRecord>&) const { return {}; }
    /// How many examples are judged after each epoch, for the learning curve.
    virtual std::int64_t curve_examples() const { return 500; }

    // For the report.
    virtual std::string title() const = 0;
    virtual std::string introduction() const = 0;
    /// True if the method saw more than the others and is no competitor.
    virtual bool is_reference(const Method&) const { return false; }
    virtual std::string per_class_label() const { return ""; }
    virtual std::vector<std::string> class_names() const { return {}; }
    virtual std::vector<ExampleImage> examples(std::uint64_t) const { return {}; }
    virtual std::string examples_introduction() const { return ""; }
    /// What the learning curves are drawn against, and where an epoch (from 1) stands on that axis.
    virtual std::string progress_label() const { return "epoch"; }
    virtual double progress(int epoch) const { return epoch; }
};

}  // namespace knoll::apps
