#include <knoll/apps/tasks/one_answer.h>

#include <knoll/core/ops/reduce.h>
#include <knoll/core/text.h>

#include <algorithm>

namespace knoll::apps {

namespace {

constexpr const char* way_out = "; a lower --lr or another --model may help";

std::int64_t classes_in(const std::vector<double>& counts) {
    return std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; });
}

}  // namespace

std::string note_of_one_class(const Tensor& counts, const std::vector<std::string>& class_names) {
    const std::vector<double> predicted = sum(counts, {0}).to_vector();
    const std::vector<double> present = sum(counts, {1}).to_vector();
    if (classes_in(predicted) != 1 || classes_in(present) < 2) return "";
    const auto one = static_cast<std::size_t>(std::max_element(predicted.begin(), predicted.end()) - predicted.begin());
    return text("all ", predicted[one], " predictions are one class, ", class_names[one], way_out);
}

std::string note_of_same_labels(const LabelCounts& counts) {
    if (counts.predicted == 0 && counts.present > 0) return text("no label is predicted for any example", way_out);
    if (counts.predicted == counts.possible && counts.present < counts.possible) return text("every label is predicted for all examples", way_out);
    return "";
}

}  // namespace knoll::apps
