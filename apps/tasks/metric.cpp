// Metric learning: embeddings trained on some classes, judged by whether examples of classes never seen find their like.
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/procedures/embedding_memory.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>
#include <knoll/data/metrics/retrieval.h>
#include <knoll/losses/contrastive.h>
#include <knoll/nn/layers/unit_length.h>

#include <algorithm>
#include <limits>
#include <set>

namespace knoll::apps {

namespace {

using ClassSet = std::set<std::int64_t>;

constexpr std::int64_t embedding_length = 64;
constexpr std::int64_t classes_in_batch = 4;
constexpr std::int64_t most_training_examples = 12000;
constexpr std::size_t neighbours_shown = 8;

// Fashion-MNIST: coats and shirts, sneakers and ankle boots, each like something that has been seen and like each other. Of other data
// the last two in five. With --validate, a third of the classes that training knows, so that no choice depends on the others.
ClassSet unseen_classes(const TrainingOptions& options, std::int64_t count) {
    if (options.data == "fashion") return options.validate ? ClassSet{0, 2} : ClassSet{4, 6, 7, 9};
    ClassSet unseen;
    const std::int64_t unseen_in_the_end = std::max<std::int64_t>(2 * count / 5, 2);
    const std::int64_t last = options.validate ? count - unseen_in_the_end : count;
    const std::int64_t taken = options.validate ? std::max<std::int64_t>(last / 3, 2) : unseen_in_the_end;
    for (std::int64_t c = last - taken; c < last; ++c) unseen.insert(std::max<std::int64_t>(c, 0));
    return unseen;
}

// Classes that are neither trained on nor judged.
ClassSet hidden_classes(const TrainingOptions& options, std::int64_t count) {
    if (!options.validate) return {};
    TrainingOptions final_options = options;
    final_options.validate = false;
    return unseen_classes(final_options, count);
}

template <class Predicate>
data::LabeledImages of_classes(const data::LabeledImages& set, const Predicate& wanted) {
    std::vector<std::int64_t> indices;
    const auto labels = set.labels().data<std::int64_t>();
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (wanted(labels[i])) indices.push_back(static_cast<std::int64_t>(i));
    return data::subset(set, indices);
}

// The best of 3e-5, 1e-4, 3e-4, 1e-3 and 4e-3 for each method, judged with --validate on two of the training classes: docs/results.md.
double learning_rate_of_pairs(const Method& method) {
    if (method.loss_name() == "xbm") return 3e-5;
    return method.loss_name() == "contrastive" || method.loss_name() == "mem" ? 1e-4 : 1e-3;
}

class MetricLearning final : public Task {
public:
    explicit MetricLearning(const TrainingOptions& options)
        : options_(options),
          memory_(task_whole_number(metric_info(), options, "memory", 0, 1000000)),
          data_(load_single_label(options)),
          unseen_(unseen_classes(options, data_.train.classes())),
          hidden_(hidden_classes(options, data_.train.classes())),
          train_(training_part()),
          test_(of_classes(data_.test, [this](std::int64_t c) { return unseen_.count(c) > 0; })),
          model_(model_name(options.model, data_.train)) {
        const std::vector<std::int64_t> counts = test_.class_counts();
        require<ValueError>(std::any_of(counts.begin(), counts.end(), [](std::int64_t n) { return n >= 2; }),
                            "[metric] expected a class that is not trained on with two test examples, got none among ", data_.test.count(),
                            "; take a larger --test-size");
        make_named_model(model_, data_.train);
    }

    TaskInfo info() const override { return metric_info(); }
    std::string data_name() const override { return data_.name; }

    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(train_.count())},
                {options_.validate ? "validation examples" : "test examples", text(test_.count())},
                {"unseen classes", text(unseen_.size())},
                {"embedding", text(embedding_length)},
                {"memory", text(memory_)},
                {"model", model_}};
    }

    Hyperparameters defaults(const Method& method) const override {
        return {.epochs = 3,
                .batch = 32,
                .learning_rate = learning_rate_of_pairs(method),
                .optimizer = "adam",
                .schedule = "one-cycle",
                .weight_decay = 1e-4,
                .ema = 0};
    }

    // The last layer of a classifier, in as many directions as an embedding has.
    nn::Sequential make_model(const Method&) const override {
        const data::LabeledImages as_classes{train_.images(), train_.labels(), embedding_length};
        nn::Sequential model = make_named_model(model_, as_classes);
        model.append("unit_length", nn::UnitLength{});
        return model;
    }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const std::int64_t batch = hyperparameters.batch;
        require<ValueError>(batch % classes_in_batch == 0 && batch >= 2 * classes_in_batch, "[metric] expected --batch to be a multiple of ", classes_in_batch,
                            ", the classes in a batch, and at least ", 2 * classes_in_batch, ", got ", batch);
        const data::Sampler sampler = data::classes_and_examples_sampler(train_, classes_in_batch, batch / classes_in_batch);
        return {sampled(train_, sampler, seed), make_procedure(method, model, hyperparameters, sampler.draws() / batch)};
    }

    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        const NoGrad no_grad;
        const data::LabeledImages judges = sample_of(test_, request.at_most);
        std::vector<Tensor> parts;
        for (const data::Batch& batch : data::Loader{judges, {.batch_size = evaluation_batch}}) parts.push_back(model(batch.images));
        const Tensor embeddings = concat(parts);
        const metrics::RetrievalScores scores = metrics::retrieval_scores(embeddings, judges.labels());
        Evaluation evaluation{.metrics = {{"MAP@R", 100 * scores.map_at_r}, {"recall@1", 100 * scores.recall_at_1}}};
        for (const std::int64_t c : unseen_) evaluation.per_class.push_back(100 * map_of_class(scores, c));
        if (request.is_final && judges.has_images()) evaluation.galleries.push_back(neighbours(judges, embeddings));
        return evaluation;
    }

    std::string title() const override { return "Metric learning: " + data_.name; }
    std::string introduction() const override {
        return text("Embeddings of ", embedding_length, " numbers, trained on ", train_.count(), " examples of some classes and judged on ", test_.count(),
                    " examples of ", unseen_.size(),
                    " others that training never saw: each looks for its nearest neighbours among them. MAP@R is 100 where "
                    "all of its class come first; recall@1 asks for the very first alone. Each method trains the same network from the same first weights "
                    "on the same batches of ",
                    classes_in_batch, " classes.");
    }
    std::string per_class_label() const override { return "MAP@R (percent)"; }
    std::vector<std::string> class_names() const override {
        std::vector<std::string> names;
        for (const std::int64_t c : unseen_) names.push_back(name_of(c));
        return names;
    }

private:
    data::LabeledImages training_part() const {
        const data::LabeledImages seen = of_classes(data_.train, [this](std::int64_t c) { return unseen_.count(c) == 0 && hidden_.count(c) == 0; });
        return options_.train_size ? seen : at_most(seen, most_training_examples);
    }

    std::unique_ptr<Procedure> make_procedure(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters,
                                              std::int64_t steps_in_epoch) const {
        std::unique_ptr<nn::Optimizer> optimizer = make_optimizer(model, hyperparameters);
        const bool uses_memory = method.loss == "xbm" || method.loss == "mem";
        if (!uses_memory) return make_descent(batch_loss(method.loss), std::move(optimizer));
        // From the second epoch on; never where there is no room for a row.
        const std::int64_t warm_up = memory_ == 0 ? std::numeric_limits<std::int64_t>::max() : steps_in_epoch;
        const std::int64_t capacity = std::max<std::int64_t>(memory_, 1);
        if (method.loss == "mem") return make_momentum_memory(model, embedding_length, {.capacity = capacity, .warm_up = warm_up}, std::move(optimizer));
        return make_cross_batch_memory(std::make_shared<losses::Contrastive>(), embedding_length, {.capacity = capacity, .warm_up = warm_up},
                                       std::move(optimizer));
    }

    static double map_of_class(const metrics::RetrievalScores& scores, std::int64_t c) {
        for (std::size_t i = 0; i < scores.classes.size(); ++i)
            if (scores.classes[i] == c) return scores.map_per_class[i];
        return std::numeric_limits<double>::quiet_NaN();
    }

    std::string name_of(std::int64_t c) const { return names_of_classes(data_.train)[static_cast<std::size_t>(c)]; }

    ExampleImage shown(const data::LabeledImages& set, std::int64_t index, Mark mark) const {
        return {.data_uri = png_data_uri(select(set.images(), 0, index)), .observed = {name_of(set.labels().at<std::int64_t>(index))}, .mark = mark};
    }

    // Two queries of each class, with what they find.
    Gallery neighbours(const data::LabeledImages& judges, const Tensor& embeddings) const {
        Gallery gallery{.title = "Nearest neighbours",
                        .introduction =
                            "Each row begins with a query of a class that training never saw; what it finds follows, the nearest first, framed "
                            "green where the class is right and red where it is not."};
        const std::int64_t count = std::min<std::int64_t>(static_cast<std::int64_t>(neighbours_shown), judges.count() - 1);
        if (count < 1) return gallery;
        for (const std::int64_t c : unseen_) {
            std::vector<std::int64_t> queries;
            for (std::int64_t i = 0; i < judges.count() && queries.size() < 2; ++i)
                if (judges.labels().at<std::int64_t>(i) == c) queries.push_back(i);
            if (queries.empty()) continue;
            const Tensor found = metrics::nearest_neighbours(embeddings, queries, count);
            for (std::size_t q = 0; q < queries.size(); ++q) {
                GalleryRow row{.caption = name_of(c), .images = {shown(judges, queries[q], Mark::none)}};
                for (std::int64_t k = 0; k < count; ++k) {
                    const auto other = found.at<std::int64_t>(static_cast<std::int64_t>(q), k);
                    row.images.push_back(shown(judges, other, judges.labels().at<std::int64_t>(other) == c ? Mark::right : Mark::wrong));
                }
                gallery.rows.push_back(std::move(row));
            }
        }
        return gallery;
    }

    TrainingOptions options_;
    std::int64_t memory_;
    SingleLabelData data_;
    ClassSet unseen_, hidden_;
    data::LabeledImages train_, test_;
    std::string model_;
};

}  // namespace

TaskInfo metric_info() {
    return {.name = "metric",
            .summary = "embeddings, judged by the neighbours that examples of unseen classes find. Beside the losses: xbm and mem, with a memory",
            .targets = losses::TargetKind::same_class,
            .options = {{"memory", "1024", {}, "embeddings of earlier batches that xbm and mem keep; 0: none"}},
            .procedures = {"xbm", "mem"},
            .methods = {"triplet", "contrastive", "multi_similarity", "anml", "xbm", "mem"}};
}

std::unique_ptr<Task> make_metric_task(const TrainingOptions& options) { return std::make_unique<MetricLearning>(options); }

}  // namespace knoll::apps
