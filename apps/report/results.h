// What a comparison found, and its statistics.
#pragma once

#include <knoll/apps/report/gallery.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace knoll::apps {

struct Metric {
    std::string name;
    double value = 0;  ///< percent
    friend bool operator==(const Metric&, const Metric&) = default;
};

/// True if the names are the same, in the same order.
bool same_names(const std::vector<Metric>& a, const std::vector<Metric>& b);

/// One line of a training log.
struct EpochRecord {
    int epoch = 0;  ///< counts from 1
    double loss = 0;
    double learning_rate = 0;
    double seconds = 0;
    std::vector<Metric> metrics = {};  ///< on a part of the evaluation set
    friend bool operator==(const EpochRecord&, const EpochRecord&) = default;
};

struct RunResult {
    std::string loss;
    std::uint64_t seed = 0;
    std::vector<Metric> metrics = {};
    double seconds = 0;
    std::vector<EpochRecord> epochs = {};
    std::vector<double> per_class = {};  ///< percent
    std::vector<Gallery> galleries = {};
    std::vector<Figure> figures = {};
    std::string note = {};  ///< what is wrong with the model as a whole; empty: nothing
    friend bool operator==(const RunResult&, const RunResult&) = default;
};

/// A run that came to no result.
struct FailedRun {
    std::string loss;
    std::uint64_t seed = 0;
    std::string reason;
    friend bool operator==(const FailedRun&, const FailedRun&) = default;
};

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct Results {
    std::string task;
    std::string data;
    NamedTexts options = {};
    std::vector<RunResult> runs = {};
    std::vector<FailedRun> failed = {};
    std::vector<std::string> references = {};  ///< losses that saw more than the others: shown, never counted as best
};

struct MetricSummary {
    std::string name;
    double mean = 0;
    double std = 0;  ///< over seeds, n - 1 in the denominator; 0 for a single run
    bool best = false;
};

struct LossSummary {
    std::string loss;
    std::vector<MetricSummary> metrics = {};
    double seconds = 0;  ///< mean
    std::size_t runs = 0;
    bool reference = false;
};

/// The runs of a loss, in their order.
std::vector<const RunResult*> runs_of(const Results& results, const std::string& loss);

/// "LOSS with seed S: NOTE" for each run that has one.
std::vector<std::string> run_notes(const Results& results);

/// Those that every run has.
std::vector<std::string> metric_names(const Results& results);

/// One entry per loss, in order of first appearance. A loss of which a run failed has none: the mean of the others would flatter it.
std::vector<LossSummary> summarize(const Results& results);

struct MeanStd {
    double mean = 0;
    double std = 0;
};
MeanStd mean_std(const std::vector<double>& values);

/// "65.12 ± 0.40", or without the spread where there was one run.
std::string mean_std_text(const MetricSummary& metric, std::size_t runs);

}  // namespace knoll::apps
