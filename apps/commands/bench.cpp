#include <knoll/apps/bench/measure.h>
#include <knoll/apps/bench/workload.h>
#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/files/atomic_file.h>
#include <knoll/core/memory.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <ostream>

namespace knoll::apps {

namespace {

// A name alone asks for all sizes; loss for all losses.
bool is_asked_for(const Workload& workload, const std::string& name) {
    return workload.name == name || (name == "loss" && workload.name.rfind("loss:", 0) == 0);
}

std::vector<Workload> chosen_workloads(const std::vector<std::string>& names) {
    std::vector<Workload> all = network_workloads();
    for (Workload& workload : loss_workloads()) all.push_back(std::move(workload));
    std::vector<std::string> known;
    for (const Workload& workload : all)
        if (known.empty() || known.back() != workload.name) known.push_back(workload.name);
    for (const std::string& name : names)
        require<ValueError>(std::any_of(all.begin(), all.end(), [&](const Workload& workload) { return is_asked_for(workload, name); }),
                            "[bench] expected the name of a workload, got ", name, suggestion(name, known));
    if (names.empty()) return all;
    std::vector<Workload> chosen;
    for (Workload& workload : all)
        if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return is_asked_for(workload, name); }))
            chosen.push_back(std::move(workload));
    return chosen;
}

Measurement measure(const Workload& workload, int threads, double seconds) {
    set_num_threads(threads);
    release_cached_memory();  // of the workload before
    const double time = median_milliseconds(workload.prepare(), seconds);
    return {.name = workload.name,
            .batch = workload.batch,
            .shape = {workload.shape.begin(), workload.shape.end()},
            .threads = threads,
            .milliseconds = time,
            .images_per_second = 1000 * static_cast<double>(workload.batch) / time,
            .gflops = workload.operations / (1e6 * time)};
}

Table::Cell share_of_peak(const Measurement& result, double peak) { return {result.gflops > 0 ? fixed(100 * result.gflops / peak, 0) + " %" : "-"}; }

}  // namespace

int run(const BenchOptions& options, Console& console) {
    if (!options.json.empty()) require_writable(options.json);
    const std::vector<Workload> workloads = chosen_workloads(options.names);
    std::vector<int> thread_counts{1};
    if (num_threads() > 1) thread_counts.push_back(num_threads());
    if (options.threads > 0) thread_counts = {options.threads};

    BenchReport report{.machine = machine_name(), .sgemm_gflops = {}, .results = {}};
    for (const int threads : thread_counts) report.sgemm_gflops.emplace_back(threads, sgemm_gflops(threads, options.seconds));
    Table table{{"workload", "shape", "threads", "ms per step", "images/s", "GFLOPS", "of sgemm"}, 2};
    for (const Workload& workload : workloads)
        for (const auto& [threads, peak] : report.sgemm_gflops) {
            const Measurement& result = report.results.emplace_back(measure(workload, threads, options.seconds));
            table.add({{result.name},
                       {to_string(workload.shape)},
                       {text(threads)},
                       {fixed(result.milliseconds, 3)},
                       {fixed(result.images_per_second, 0)},
                       {result.gflops > 0 ? fixed(result.gflops, 1) : "-"},
                       share_of_peak(result, peak)});
        }
    for (const auto& [threads, gflops] : report.sgemm_gflops)
        console.out << "sgemm of 1024 x 1024 on " << threads << " thread(s): " << fixed(gflops, 1) << " GFLOPS\n";
    table.print(console);
    if (!options.json.empty()) write_file(options.json, bench_json(report));
    return exit_done;
}

}  // namespace knoll::apps
