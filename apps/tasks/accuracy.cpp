#include <knoll/apps/tasks/accuracy.h>

#include <knoll/core/autograd.h>
#include <knoll/core/text.h>

#include <charconv>

namespace knoll::apps {

namespace {

template <class Number>
Number parse_in_range(const std::string& task, const std::string& option, const std::string& given, Number low, Number high, const char* kind) {
    Number value{};
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    require<ValueError>(error == std::errc() && end == given.data() + given.size() && value >= low && value <= high, "[", task, "] expected --", option,
                        " to be ", kind, " in [", low, ", ", high, "], got ", given);
    return value;
}

}  // namespace

SingleLabelData load_at_most(const TrainingOptions& options, std::int64_t training_examples) {
    SingleLabelData data = load_single_label(options);
    if (!options.train_size) data.train = at_most(data.train, training_examples);
    return data;
}

std::vector<std::string> names_of_classes(const data::LabeledImages& set) {
    if (!set.class_names().empty()) return set.class_names();
    std::vector<std::string> names;
    for (std::int64_t c = 0; c < set.classes(); ++c) names.push_back(text("class ", c));
    return names;
}

Evaluation accuracy_of(const metrics::ConfusionMatrix& confusion) {
    std::vector<double> per_class = confusion.class_accuracy();
    for (double& accuracy : per_class) accuracy *= 100;
    return {.metrics = {{"accuracy", 100 * confusion.accuracy()}}, .per_class = per_class};
}

Evaluation accuracy_on(const data::LabeledImages& set, nn::Sequential& model, const EvaluationRequest& request) {
    NoGrad no_grad;
    metrics::ConfusionMatrix confusion;
    for (const data::Batch& batch : data::Loader{sample_of(set, request.at_most), {.batch_size = evaluation_batch}})
        confusion.update(model(batch.images), batch.labels);
    return accuracy_of(confusion);
}

double parse_option(const std::string& task, const std::string& option, const std::string& given, double low, double high) {
    return parse_in_range(task, option, given, low, high, "a number");
}

std::int64_t parse_whole_option(const std::string& task, const std::string& option, const std::string& given, std::int64_t low, std::int64_t high) {
    return parse_in_range(task, option, given, low, high, "a whole number");
}

}  // namespace knoll::apps
