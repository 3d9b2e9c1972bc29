#include <knoll/apps/tasks/single_label.h>

#include <knoll/apps/tasks/one_answer.h>
#include <knoll/core/autograd.h>
#include <knoll/core/text.h>

namespace knoll::apps {

SingleLabelData load_at_most(const TrainingOptions& options, std::int64_t training_examples) {
    SingleLabelData data = load_single_label(options);
    if (!options.train_size) data.train = at_most(data.train, training_examples);
    return data;
}

std::vector<std::string> names_of_classes(const data::LabeledImages& set) {
    std::vector<std::string> names = set.class_names();
    for (auto c = std::ssize(names); c < set.classes(); ++c) names.push_back(text("class ", c));
    return names;
}

metrics::ConfusionMatrix confusion_on(const data::LabeledImages& set, nn::Sequential& model, const EvaluationRequest& request) {
    const NoGrad no_grad;
    metrics::ConfusionMatrix confusion;
    for (const data::Batch& batch : data::Loader{sample_of(set, request.at_most), {.batch_size = evaluation_batch}})
        confusion.update(model(batch.images), batch.labels);
    return confusion;
}

Evaluation accuracy_of(const metrics::ConfusionMatrix& confusion, const std::vector<std::string>& class_names) {
    std::vector<double> per_class = confusion.class_accuracy();
    for (double& accuracy : per_class) accuracy *= 100;
    return {.metrics = {{"accuracy", 100 * confusion.accuracy()}}, .per_class = per_class, .note = note_of_one_class(confusion.counts(), class_names)};
}

Evaluation accuracy_on(const data::LabeledImages& set, nn::Sequential& model, const EvaluationRequest& request) {
    return accuracy_of(confusion_on(set, model, request), names_of_classes(set));
}

TrainingSet sampled(const data::LabeledImages& set, const data::Sampler& sampler, std::uint64_t seed) {
    return {.count = sampler.draws(), .batches = [set, sampler, seed](std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch) {
                return data::Loader{set, {.batch_size = batch_size, .seed = seed, .epoch = epoch, .first_batch = first_batch, .sampler = sampler}};
            }};
}

TrainingSet shuffled(const data::LabeledImages& set, std::uint64_t seed) { return sampled(set, data::shuffling_sampler(set.count()), seed); }

}  // namespace knoll::apps
