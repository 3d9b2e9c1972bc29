#include <knoll/apps/bench/measure.h>

#include <nlohmann/json.hpp>

namespace knoll::apps {

std::string bench_json(const BenchReport& report) {
    using Json = nlohmann::ordered_json;
    Json out = {{"machine", report.machine}, {"sgemm_gflops", Json::object()}, {"results", Json::array()}};
    for (const auto& [threads, gflops] : report.sgemm_gflops) out["sgemm_gflops"][std::to_string(threads)] = gflops;
    for (const Measurement& result : report.results)
        out["results"].push_back({{"name", result.name},
                                  {"batch", result.batch},
                                  {"shape", result.shape},
                                  {"threads", result.threads},
                                  {"ms_per_step", result.milliseconds},
                                  {"images_per_second", result.images_per_second},
                                  {"gflops", result.gflops > 0 ? Json(result.gflops) : Json()}});  // of a loss nobody counts them
    return out.dump(2) + "\n";
}

}  // namespace knoll::apps
