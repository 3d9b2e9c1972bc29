#include <knoll/apps/report/results.h>

#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <cmath>

namespace knoll::apps {

namespace {

LossSummary summarize_loss(const Results& results, const std::string& loss) {
    const auto runs = runs_of(results, loss);
    LossSummary summary{.loss = loss, .runs = runs.size()};
    summary.reference = std::find(results.references.begin(), results.references.end(), loss) != results.references.end();
    for (std::size_t m = 0; m < runs.front()->metrics.size(); ++m) {
        std::vector<double> values;
        values.reserve(runs.size());
        for (const RunResult* run : runs) values.push_back(run->metrics[m].value);
        const MeanStd statistics = mean_std(values);
        summary.metrics.push_back({.name = runs.front()->metrics[m].name, .mean = statistics.mean, .std = statistics.std});
    }
    std::vector<double> seconds;
    seconds.reserve(runs.size());
    for (const RunResult* run : runs) seconds.push_back(run->seconds);
    summary.seconds = mean_std(seconds).mean;
    return summary;
}

void mark_best(std::vector<LossSummary>& summaries) {
    for (std::size_t m = 0; m < summaries.front().metrics.size(); ++m) {
        LossSummary* best = nullptr;
        for (LossSummary& summary : summaries)
            if (!summary.reference && (best == nullptr || summary.metrics[m].mean > best->metrics[m].mean)) best = &summary;
        if (best != nullptr) best->metrics[m].best = true;
    }
}

}  // namespace

std::vector<const RunResult*> runs_of(const Results& results, const std::string& loss) {
    std::vector<const RunResult*> runs;
    for (const RunResult& run : results.runs)
        if (run.loss == loss) runs.push_back(&run);
    return runs;
}

std::vector<std::string> run_notes(const Results& results) {
    std::vector<std::string> notes;
    for (const RunResult& run : results.runs)
        if (!run.note.empty()) notes.push_back(text(run.loss, " with seed ", run.seed, ": ", run.note));
    return notes;
}

bool same_names(const std::vector<Metric>& a, const std::vector<Metric>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Metric& x, const Metric& y) { return x.name == y.name; });
}

std::vector<std::string> metric_names(const Results& results) {
    std::vector<std::string> names;
    if (results.runs.empty()) return names;
    for (const Metric& metric : results.runs.front().metrics) names.push_back(metric.name);
    return names;
}

std::vector<LossSummary> summarize(const Results& results) {
    std::vector<LossSummary> summaries;
    for (const RunResult& run : results.runs) {
        const auto is_its = [&](const auto& entry) { return entry.loss == run.loss; };
        const bool known = std::any_of(summaries.begin(), summaries.end(), is_its);
        const bool failed = std::any_of(results.failed.begin(), results.failed.end(), is_its);
        if (!known && !failed) summaries.push_back(summarize_loss(results, run.loss));
    }
    if (!summaries.empty()) mark_best(summaries);
    return summaries;
}

MeanStd mean_std(const std::vector<double>& values) {
    if (values.empty()) return {};
    const auto count = static_cast<double>(values.size());
    MeanStd result;
    for (const double value : values) result.mean += value / count;
    if (values.size() < 2) return result;
    double squares = 0;
    for (const double value : values) squares += (value - result.mean) * (value - result.mean);
    result.std = std::sqrt(squares / (count - 1));
    return result;
}

std::string mean_std_text(const MetricSummary& metric, std::size_t runs) {
    return runs < 2 ? fixed(metric.mean, 2) : fixed(metric.mean, 2) + " ± " + fixed(metric.std, 2);
}

}  // namespace knoll::apps
