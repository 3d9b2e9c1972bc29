// A task: what is learned from which data, and how it is judged. The trainer knows nothing else of it; a new task is one class
// and one line in catalog.cpp.
#pragma once

#include <knoll/apps/report/report.h>
#include <knoll/apps/training/method.h>
#include <knoll/apps/training/procedure.h>
#include <knoll/data/loader/loader.h>

#include <functional>
#include <limits>

namespace knoll::apps {

/// Training data as one method sees them under one seed.
struct TrainingSet {
    std::int64_t count = 0;  ///< examples per epoch
    /// The batches of an epoch from a given one on.
    std::function<data::Loader(std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch)> batches;
};

struct Evaluation {
    std::vector<Metric> metrics;    ///< percent; the first is the one that counts most
    std::vector<double> per_class;  ///< percent
};

class Task {
public:
    static constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();

    virtual ~Task() = default;
    virtual TaskInfo info() const = 0;
    /// A few words: "Fashion-MNIST scenes".
    virtual std::string data_name() const = 0;
    /// Sizes and options in force, by name.
    virtual NamedTexts describe() const = 0;
    /// Chosen on held-out training data, for each loss alike.
    virtual Hyperparameters defaults(const Method& method) const = 0;

    /// Without weights.
    virtual nn::Sequential make_model() const = 0;
    virtual TrainingSet training_set(const Method& method, std::uint64_t seed) const = 0;
    virtual std::unique_ptr<Procedure> make_procedure(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters,
                                                      std::uint64_t seed) const = 0;
    /// Judges a model in evaluation mode on so many examples of the evaluation set: the same ones in all runs.
    virtual Evaluation evaluate(nn::Sequential& model, std::int64_t at_most) const = 0;

    // For the report.
    virtual std::string title() const = 0;
    virtual std::string introduction() const = 0;
    /// True if the method saw more than the others and is no competitor.
    virtual bool is_reference(const Method&) const { return false; }
    virtual std::string per_class_label() const = 0;
    virtual std::vector<std::string> class_names() const = 0;
    virtual std::vector<ExampleImage> examples(std::uint64_t seed) const = 0;
    virtual std::string examples_introduction() const = 0;
};

}  // namespace knoll::apps
