// Single-label training where only the shares of the classes in bags of examples are known.
#include <knoll/apps/procedures/ahil.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>

#include <algorithm>

namespace knoll::apps {

namespace {

constexpr std::int64_t proportion_training_examples = 20000;
constexpr std::int64_t most_bagged_examples = 1000000000;  // before the data are known

enum BagStream : std::uint64_t { bag_choice_stream = 201, view_stream };

std::uint64_t stream_seed(std::uint64_t seed, BagStream stream) { return Rng{seed}.fork(stream).next(); }

std::int64_t bag_of(const TrainingOptions& options, std::int64_t examples) { return task_whole_number(label_proportions_info(), options, "bag", 1, examples); }

class LabelProportions final : public Task {
public:
    explicit LabelProportions(const TrainingOptions& options)
        : options_(options),
          warm_up_(task_number(label_proportions_info(), options, "warm-up", 0, 1)),
          bag_(bag_of(options, most_bagged_examples)),
          data_(load_at_most(options, proportion_training_examples)),
          model_(model_name(options.model, data_.train)) {
        bag_of(options, data_.train.count());
        make_named_model(model_, data_.train);
        require<ValueError>(!options.batch || *options.batch % bag_ == 0, "[label-proportions] expected --batch to be whole bags of ", bag_, ", got ",
                            options.batch.value_or(0));
    }

    TaskInfo info() const override { return label_proportions_info(); }
    std::string data_name() const override { return data_.name; }
    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(bags() * bag_)},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes", text(data_.train.classes())},
                {"bag", text(bag_)},
                {"bags", text(bags())},
                {"warm-up", text(warm_up_)},
                {"model", model_}};
    }
    Hyperparameters defaults(const Method& method) const override {
        return {.epochs = 7,
                .batch = std::max<std::int64_t>(128 / bag_, 1) * bag_,
                .learning_rate = learning_rate_for(method),
                .optimizer = "nesterov",
                .schedule = "cosine",
                .weight_decay = 5e-4,
                .ema = 0.99};
    }

    nn::Sequential make_model(const Method&) const override { return make_named_model(model_, data_.train); }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const bool is_procedure = method.loss == "proportion" || method.loss == "ahil";
        require<ValueError>(is_procedure != method.has("full"), "[label-proportions] expected proportion, ahil, or a loss of single labels with +full, got ",
                            method.text);
        auto optimizer = make_optimizer(model, hyperparameters);
        if (method.has("full")) return {shuffled(data_.train, seed), make_descent(batch_loss(method.loss), std::move(optimizer))};
        AhilOptions procedure = procedure_options(method, seed);
        procedure.warm_up = static_cast<int>(warm_up_ * hyperparameters.epochs);
        const data::Sampler bags = data::bag_sampler(data_.train.count(), bag_, stream_seed(seed, bag_choice_stream));
        return {sampled(data_.train, bags, seed), make_ahil(std::move(optimizer), procedure)};
    }

    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        return accuracy_on(data_.test, model, request);
    }

    std::string title() const override { return "Label proportions: " + data_.name; }
    std::string introduction() const override {
        return text("Of ", bags(), " bags of ", bag_, " images only the share of each class is known, of no image its class. ",
                    "cross_entropy+full was told every label: a mark to reach, not a competitor.");
    }
    bool is_reference(const Method& method) const override { return method.has("full"); }
    std::string per_class_label() const override { return "accuracy (percent)"; }
    std::vector<std::string> class_names() const override { return names_of_classes(data_.train); }
    std::vector<ExampleImage> examples(std::uint64_t seed) const override {
        std::vector<ExampleImage> shown;
        if (!data_.train.has_images()) return shown;
        const std::vector<std::int64_t> order = data::bag_sampler(data_.train.count(), bag_, stream_seed(seed, bag_choice_stream)).order(Rng{0});
        for (std::size_t i = 0; i < static_cast<std::size_t>(std::min<std::int64_t>(bag_, 16)); ++i)
            shown.push_back({.data_uri = png_data_uri(select(data_.train.images(), 0, order[i]))});
        const std::vector<std::int64_t> first(order.begin(), order.begin() + bag_);
        const data::LabeledImages bag = data::subset(data_.train, first);
        const std::vector<std::string> names = class_names();
        const std::vector<std::int64_t> counts = bag.class_counts();
        for (std::size_t c = 0; c < counts.size(); ++c)
            if (counts[c] > 0) shown.front().observed.push_back(text(counts[c], " of ", bag_, ": ", names[c]));
        return shown;
    }
    std::string examples_introduction() const override {
        return "Images of one bag, the first 16 of them; beside the first one, all that is known." +
               (data_.train.has_images() ? channels_note(data_.train.channels()) : "");
    }

private:
    std::int64_t bags() const { return data_.train.count() / bag_; }

    // Views change images alone.
    AhilOptions procedure_options(const Method& method, std::uint64_t seed) const {
        AhilOptions options{.bag = bag_, .classes = data_.train.classes(), .seed = stream_seed(seed, view_stream)};
        const bool has_images = data_.train.has_images();
        if (has_images && !method.has("plain")) options.weak = {data::random_crop(2), data::random_horizontal_flip()};
        if (has_images) options.strong = {data::random_crop(4), data::random_horizontal_flip(), data::cutout(data_.train.height() / 2)};
        if (method.loss == "proportion") options.instance_weight = 0;
        return options;
    }

    // Chosen on examples held apart from training and test set: docs/results.md.
    static double learning_rate_for(const Method& method) { return method.has("full") ? 0.1 : 0.03; }

    TrainingOptions options_;
    double warm_up_;  // Pseudo-labels of a model that knows nothing would be learned for good.
    std::int64_t bag_;
    SingleLabelData data_;
    std::string model_;
};

}  // namespace

TaskInfo label_proportions_info() {
    return {.name = "label-proportions",
            .summary = "only the shares of the classes in bags are known: proportion, the loss of bags alone, and ahil, pseudo-labels beside it",
            .targets = losses::TargetKind::class_index,
            .options = {{"bag", "64", {}, "examples of a bag"}, {"warm-up", "0.25", {}, "share of the epochs, 0 to 1, in which ahil has no pseudo-labels yet"}},
            .modifiers = {{"full", "told the label of every example, for comparison", "labels"},
                          {"plain", "images as they are, not shifted and mirrored", "views"}},
            .procedures = {"proportion", "ahil"},
            .methods = {"cross_entropy+full", "proportion+plain", "ahil+plain", "proportion", "ahil"}};
}

std::unique_ptr<Task> make_label_proportions(const TrainingOptions& options) { return std::make_unique<LabelProportions>(options); }

}  // namespace knoll::apps
