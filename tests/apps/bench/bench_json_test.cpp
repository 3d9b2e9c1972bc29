#include <knoll/apps/bench/measure.h>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace knoll::apps;

TEST_CASE("where nobody counts operations there is no throughput in them") {
    const BenchReport report{.machine = "m",
                             .sgemm_gflops = {{1, 80.0}},
                             .results = {{.name = "mlp", .batch = 1, .shape = {1}, .threads = 1, .gflops = 2.5},
                                         {.name = "loss:hill", .batch = 1, .shape = {1}, .threads = 1, .gflops = 0}}};
    const auto results = nlohmann::json::parse(bench_json(report))["results"];
    CHECK(results[0]["gflops"] == 2.5);
    CHECK(results[1]["gflops"].is_null());
}
