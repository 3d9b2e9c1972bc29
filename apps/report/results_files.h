// Results for programs: results.json, results.csv, and the record of one run that lets a comparison be resumed.
#pragma once

#include <knoll/apps/report/results.h>

#include <string>

namespace knoll::apps {

/// {"task", "data", "options", "runs": [{"loss", "seed", "metrics", "seconds"}], "summary": [{"loss", "metrics": {NAME: {"mean", "std"}}}]};
/// where runs failed also "failed": [{"loss", "seed", "reason"}].
std::string results_json(const Results& results);
/// Reads results_json back. Throws FileError naming the source on anything else.
Results parse_results_json(const std::string& json, const std::string& source);

/// One line per run: loss, seed, metrics, seconds.
std::string results_csv(const Results& results);

/// Everything known of one run: its metrics, its log and its per-class values.
std::string run_json(const RunResult& run);
RunResult parse_run_json(const std::string& json, const std::string& source);

}  // namespace knoll::apps
