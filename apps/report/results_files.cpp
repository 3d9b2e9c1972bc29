#include <knoll/apps/report/results_files.h>

#include <knoll/core/error.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

namespace knoll::apps {

namespace {

// Keeps members in the order they were put in: options and metrics read best as they were given.
using Json = nlohmann::ordered_json;

Json metrics_json(const std::vector<Metric>& metrics) {
    Json out = Json::object();
    for (const Metric& metric : metrics) out[metric.name] = metric.value;
    return out;
}

// JSON that is well-formed but not what a run writes.
class Unexpected : public std::runtime_error {
public:
    Unexpected(const char* expected, const Json& got) : std::runtime_error(text("not ", expected, " but ", got.is_number() ? got.dump() : got.type_name())) {}
};

// A loop over a number would take it for a list of one.
const Json& list(const Json& json) { return json.is_array() ? json : throw Unexpected("a list", json); }
const Json& object(const Json& json) { return json.is_object() ? json : throw Unexpected("an object", json); }

// get() would make 1 of 1.5, and anything of 1e300.
template <class Number>
Number whole_number(const Json& json) {
    const bool fits = json.is_number_unsigned() ? std::in_range<Number>(json.get<std::uint64_t>())
                                                : json.is_number_integer() && std::in_range<Number>(json.get<std::int64_t>());
    return fits ? json.get<Number>() : throw Unexpected("a whole number in range", json);
}

// JSON has no NaN: the score of a class without examples is written as null.
double parse_score(const Json& json) { return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>(); }

std::vector<Metric> parse_metrics(const Json& json) {
    std::vector<Metric> metrics;
    for (const auto& [name, value] : object(json).items()) metrics.push_back({name, parse_score(value)});
    return metrics;
}

Json public_run(const RunResult& run) { return {{"loss", run.loss}, {"seed", run.seed}, {"metrics", metrics_json(run.metrics)}, {"seconds", run.seconds}}; }

RunResult parse_public_run(const Json& json) {
    return {.loss = json.at("loss"),
            .seed = whole_number<std::uint64_t>(json.at("seed")),
            .metrics = parse_metrics(json.at("metrics")),
            .seconds = json.at("seconds"),
            .epochs = {},
            .per_class = {},
            .galleries = {},
            .figures = {}};
}

[[noreturn]] void fail_reading(const std::string& source, const char* reason) {
    fail<FileError>("[results] expected the results of a run in ", source, ", got ", reason, "; remove the file to start afresh");
}

// Runs a reader of JSON; whatever it dislikes becomes a FileError.
template <class Read>
auto reading(const std::string& content, const std::string& source, const Read& read) {
    try {
        return read(Json::parse(content));
    } catch (const nlohmann::json::parse_error& error) {
        fail_reading(text(source, ", offset ", error.byte - std::min<std::size_t>(error.byte, 1)), error.what());
    } catch (const nlohmann::json::exception& error) {
        fail_reading(source, error.what());
    } catch (const Unexpected& error) {
        fail_reading(source, error.what());
    }
}

RunResult parse_run_of_many(const Json& json, const std::vector<RunResult>& before) {
    RunResult run = parse_public_run(json);
    if (!before.empty() && !same_names(run.metrics, before.front().metrics)) throw Unexpected("the metrics of the other runs", json.at("metrics"));
    return run;
}

constexpr const char* mark_names[] = {"none", "right", "wrong"};

Mark parse_mark(const Json& json) {
    const auto name = json.get<std::string>();
    for (std::size_t i = 0; i < std::size(mark_names); ++i)
        if (name == mark_names[i]) return static_cast<Mark>(i);
    throw Unexpected("none, right or wrong", json);
}

Json image_json(const ExampleImage& image) {
    return {{"image", image.data_uri},
            {"observed", image.observed},
            {"missing", image.missing},
            {"recovered", image.recovered},
            {"mark", mark_names[static_cast<std::size_t>(image.mark)]}};
}

std::vector<std::string> parse_names(const Json& json) {
    std::vector<std::string> names;
    for (const Json& name : list(json)) names.push_back(name);
    return names;
}

ExampleImage parse_image(const Json& json) {
    return {.data_uri = json.at("image"),
            .observed = parse_names(json.at("observed")),
            .missing = parse_names(json.at("missing")),
            .recovered = parse_names(json.at("recovered")),
            .mark = parse_mark(json.at("mark"))};
}

Json gallery_json(const Gallery& gallery) {
    Json rows = Json::array();
    for (const GalleryRow& row : gallery.rows) {
        Json images = Json::array();
        for (const ExampleImage& image : row.images) images.push_back(image_json(image));
        rows.push_back({{"caption", row.caption}, {"images", images}});
    }
    return {{"title", gallery.title}, {"introduction", gallery.introduction}, {"rows", rows}};
}

Gallery parse_gallery(const Json& json) {
    Gallery gallery{.title = json.at("title"), .introduction = json.at("introduction")};
    for (const Json& row : list(json.at("rows"))) {
        GalleryRow& parsed = gallery.rows.emplace_back(GalleryRow{.caption = row.at("caption")});
        for (const Json& image : list(row.at("images"))) parsed.images.push_back(parse_image(image));
    }
    return gallery;
}

std::string quoted(const std::string& field) {
    if (field.find_first_of(",\"\n") == std::string::npos) return field;
    std::string out = "\"";
    for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

}  // namespace

std::string results_json(const Results& results) {
    Json out = {{"task", results.task}, {"data", results.data}, {"options", Json::object()}, {"runs", Json::array()}, {"summary", Json::array()}};
    for (const auto& [name, value] : results.options) out["options"][name] = value;
    for (const RunResult& run : results.runs) out["runs"].push_back(public_run(run));
    for (const LossSummary& summary : summarize(results)) {
        Json metrics = Json::object();
        for (const MetricSummary& metric : summary.metrics) metrics[metric.name] = {{"mean", metric.mean}, {"std", metric.std}};
        out["summary"].push_back({{"loss", summary.loss}, {"metrics", metrics}});
    }
    for (const FailedRun& run : results.failed) out["failed"].push_back({{"loss", run.loss}, {"seed", run.seed}, {"reason", run.reason}});
    return out.dump(2) + "\n";
}

Results parse_results_json(const std::string& json, const std::string& source) {
    return reading(json, source, [](const Json& parsed) {
        Results results{.task = parsed.at("task"), .data = parsed.at("data")};
        for (const auto& [name, value] : object(parsed.at("options")).items()) results.options.emplace_back(name, value.get<std::string>());
        for (const Json& run : list(parsed.at("runs"))) results.runs.push_back(parse_run_of_many(run, results.runs));
        if (parsed.contains("failed"))
            for (const Json& run : list(parsed.at("failed")))
                results.failed.push_back({run.at("loss"), whole_number<std::uint64_t>(run.at("seed")), run.at("reason")});
        return results;
    });
}

std::string results_csv(const Results& results) {
    std::string out = "loss,seed";
    if (!results.runs.empty())
        for (const Metric& metric : results.runs.front().metrics) out += "," + quoted(metric.name);
    out += ",seconds\n";
    for (const RunResult& run : results.runs) {
        out += text(quoted(run.loss), ",", run.seed);
        for (const Metric& metric : run.metrics) out += text(",", metric.value);
        out += text(",", run.seconds, "\n");
    }
    return out;
}

std::string run_json(const RunResult& run) {
    Json out = public_run(run);
    out["per_class"] = run.per_class;
    out["epochs"] = Json::array();
    for (const EpochRecord& record : run.epochs)
        out["epochs"].push_back({{"epoch", record.epoch},
                                 {"loss", record.loss},
                                 {"learning_rate", record.learning_rate},
                                 {"seconds", record.seconds},
                                 {"metrics", metrics_json(record.metrics)}});
    if (!run.note.empty()) out["note"] = run.note;
    out["galleries"] = Json::array();
    for (const Gallery& gallery : run.galleries) out["galleries"].push_back(gallery_json(gallery));
    out["figures"] = Json::array();
    for (const Figure& figure : run.figures) out["figures"].push_back({{"svg", figure.svg}, {"caption", figure.caption}, {"wide", figure.wide}});
    return out.dump(2) + "\n";
}

RunResult parse_run_json(const std::string& json, const std::string& source) {
    return reading(json, source, [](const Json& parsed) {
        RunResult run = parse_public_run(parsed);
        for (const Json& score : list(parsed.at("per_class"))) run.per_class.push_back(parse_score(score));
        for (const Json& record : list(parsed.at("epochs")))
            run.epochs.push_back({.epoch = whole_number<int>(record.at("epoch")),
                                  .loss = record.at("loss"),
                                  .learning_rate = record.at("learning_rate"),
                                  .seconds = record.at("seconds"),
                                  .metrics = parse_metrics(record.at("metrics"))});
        for (const Json& gallery : list(parsed.at("galleries"))) run.galleries.push_back(parse_gallery(gallery));
        if (parsed.contains("note")) run.note = parsed.at("note");
        for (const Json& figure : list(parsed.at("figures"))) run.figures.push_back({figure.at("svg"), figure.at("caption"), figure.at("wide")});
        return run;
    });
}

}  // namespace knoll::apps
