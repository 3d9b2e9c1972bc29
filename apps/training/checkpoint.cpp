#include <knoll/apps/training/checkpoint.h>

#include <knoll/apps/report/results_files.h>
#include <knoll/nn/training/checkpoint.h>

#include <charconv>

namespace knoll::apps {

namespace {

nn::TrainingState training_state(const RunParts& parts) {
    nn::TrainingState state{.model = parts.model, .average = parts.average, .more = parts.more};
    if (parts.optimizers.empty()) return state;
    state.optimizer = parts.optimizers.front();
    state.more_optimizers = {parts.optimizers.begin() + 1, parts.optimizers.end()};
    return state;
}

const std::string& note(const std::string& path, const nn::TrainingProgress& progress, const std::string& key) {
    const auto found = progress.notes.find(key);
    require<FileError>(found != progress.notes.end(), "[resume] expected the checkpoint of a run, got ", path, " without ", key);
    return found->second;
}

template <class Number>
Number number(const std::string& path, const nn::TrainingProgress& progress, const std::string& key) {
    const std::string& digits = note(path, progress, key);
    Number value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    require<FileError>(error == std::errc{} && end == digits.data() + digits.size(), "[resume] expected a number as ", key, " in ", path, ", got ", digits);
    return value;
}

}  // namespace

void save_run(const std::string& path, const RunParts& parts) {
    const RunState& state = parts.state;
    const RunResult log{.loss = "", .seed = 0, .epochs = state.records};
    nn::save_checkpoint(
        path, training_state(parts),
        {.epoch = state.epoch,
         .batch = state.batch,
         .notes = {
             {"loss_sum", text(state.loss_sum)}, {"loss_examples", text(state.loss_examples)}, {"seconds", text(state.seconds)}, {"log", run_json(log)}}});
}

void load_run(const std::string& path, const RunParts& parts) {
    const nn::TrainingProgress progress = nn::load_checkpoint(path, training_state(parts));
    parts.state = {.epoch = progress.epoch,
                   .batch = progress.batch,
                   .loss_sum = number<double>(path, progress, "loss_sum"),
                   .loss_examples = number<std::int64_t>(path, progress, "loss_examples"),
                   .seconds = number<double>(path, progress, "seconds"),
                   .records = parse_run_json(note(path, progress, "log"), path).epochs};
}

}  // namespace knoll::apps
