#include <knoll/nn/training/checkpoint.h>

#include <knoll/core/files/safetensors.h>
#include <knoll/nn/training/checksum.h>

#include <charconv>

namespace knoll::nn {

namespace {

constexpr const char* version_key = "knoll_checkpoint";
// 3: every state says its kind; the averages of an EMA are average.weights.*, no longer average.average.*.
constexpr const char* version = "3";
const std::string note_prefix = "note.";

using Metadata = std::map<std::string, std::string>;

// A part that is not there has no kind.
std::string optimizer_kind(const TrainingState& state) {
    std::string kind = state.optimizer != nullptr ? state.optimizer->name() : "none";
    for (const Optimizer* optimizer : state.more_optimizers) kind += text("+", optimizer->name());
    return kind;
}

std::string optimizer_prefix(std::size_t more) { return text("more_optimizers.", more); }

Metadata kinds(const TrainingState& state) {
    const auto present = [](const void* part) { return part != nullptr ? "some" : "none"; };
    return {{"optimizer", optimizer_kind(state)},
            {"schedule", present(state.schedule)},
            {"average", present(state.average)},
            {"early_stopping", present(state.early_stopping)}};
}

// Seed, stream and position, or nothing where there is no generator yet.
Tensor encode(const std::optional<Rng>& generator) {
    if (!generator) return empty({0}, DType::i64);
    const std::int64_t numbers[] = {static_cast<std::int64_t>(generator->seed()), static_cast<std::int64_t>(generator->stream()),
                                    static_cast<std::int64_t>(generator->position())};
    return from_data<std::int64_t>({3}, numbers);
}

std::optional<Rng> decode(const std::string& path, const std::string& name, const Tensor& encoded) {
    require<FileError>(encoded.dtype() == DType::i64 && (encoded.shape() == Shape{0} || encoded.shape() == Shape{3}), "[load_checkpoint] expected generator ",
                       name, " in ", path, " as 0 or 3 integers, got ", encoded.dtype(), " of shape ", encoded.shape());
    if (encoded.numel() == 0) return std::nullopt;
    const auto numbers = encoded.data<std::int64_t>();
    Rng generator(static_cast<std::uint64_t>(numbers[0]), static_cast<std::uint64_t>(numbers[1]));
    generator.set_position(static_cast<std::uint64_t>(numbers[2]));
    return generator;
}

const std::string& entry(const std::string& path, const Metadata& metadata, const std::string& key) {
    const auto found = metadata.find(key);
    require<FileError>(found != metadata.end(), "[load_checkpoint] expected a checkpoint, got ", path, " without the entry ", key);
    return found->second;
}

template <class Number>
Number parse(const std::string& path, const Metadata& metadata, const std::string& key) {
    const std::string& digits = entry(path, metadata, key);
    Number number{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    require<FileError>(error == std::errc{} && end == digits.data() + digits.size(), "[load_checkpoint] expected a number as ", key, " in ", path, ", got \"",
                       digits, "\"");
    return number;
}

void check_checksum(const std::string& path, const TensorFile& file) {
    const std::string checksum = checkpoint_checksum(file.tensors, file.metadata);
    const std::string& noted = entry(path, file.metadata, checksum_key);
    require<FileError>(checksum == noted, "[load_checkpoint] expected contents with the checksum ", noted, " in ", path, ", got ", checksum,
                       "; the file is damaged");
}

void check_kinds(const std::string& path, const Metadata& metadata, const TrainingState& state) {
    for (const auto& [part, expected] : kinds(state)) {
        const std::string& found = entry(path, metadata, part);
        require<ValueError>(found == expected, "[load_checkpoint] expected ", part, " ", expected, " in ", path, ", got ", found);
    }
}

}  // namespace

void save_checkpoint(const std::string& path, const TrainingState& state, const TrainingProgress& progress) {
    NamedTensors tensors;
    append_with_prefix(tensors, "model", state.model.state_dict());
    for (const auto& [name, generator] : state.model.generators()) tensors.emplace_back(text("generators.", name), encode(generator));
    if (state.optimizer != nullptr) append_with_prefix(tensors, "optimizer", state.optimizer->state_dict());
    for (std::size_t i = 0; i < state.more_optimizers.size(); ++i) append_with_prefix(tensors, optimizer_prefix(i), state.more_optimizers[i]->state_dict());
    if (state.schedule != nullptr) append_with_prefix(tensors, "schedule", state.schedule->state_dict());
    if (state.average != nullptr) append_with_prefix(tensors, "average", state.average->state_dict());
    if (state.early_stopping != nullptr) append_with_prefix(tensors, "early_stopping", state.early_stopping->state_dict());
    if (state.more != nullptr) append_with_prefix(tensors, "more", state.more->state_dict());

    Metadata metadata = kinds(state);
    metadata.emplace(version_key, version);
    metadata["epoch"] = text(progress.epoch);
    metadata["batch"] = text(progress.batch);
    metadata["best_metric"] = text(progress.best_metric);
    for (const auto& [key, note] : progress.notes) metadata[text(note_prefix, key)] = note;
    metadata[checksum_key] = checkpoint_checksum(tensors, metadata);
    knoll::save_safetensors(path, tensors, metadata);
}

TrainingProgress load_checkpoint(const std::string& path, const TrainingState& state) {
    const TensorFile file = knoll::load_safetensors(path);
    const std::string& found_version = entry(path, file.metadata, version_key);
    require<FileError>(found_version == version, "[load_checkpoint] expected a checkpoint of version ", version, ", got version ", found_version, " in ", path,
                       "; go on with the version of knoll that wrote it, or begin anew");
    check_checksum(path, file);
    check_kinds(path, file.metadata, state);
    TrainingProgress progress{.epoch = parse<std::int64_t>(path, file.metadata, "epoch"),
                              .batch = parse<std::int64_t>(path, file.metadata, "batch"),
                              .best_metric = parse<double>(path, file.metadata, "best_metric")};
    require<FileError>(progress.epoch >= 0 && progress.batch >= 0, "[load_checkpoint] expected an epoch and a batch of 0 or more in ", path, ", got ",
                       progress.epoch, " and ", progress.batch);
    for (const auto& [key, note] : file.metadata)
        if (key.starts_with(note_prefix)) progress.notes[key.substr(note_prefix.size())] = note;

    Generators generators;
    for (const auto& [name, encoded] : select_prefix(file.tensors, "generators")) generators.emplace_back(name, decode(path, name, encoded));
    copy_state(text("load_checkpoint ", path), state.model.state_dict(), select_prefix(file.tensors, "model"));
    state.model.load_generators(generators);
    if (state.optimizer != nullptr) state.optimizer->load_state_dict(select_prefix(file.tensors, "optimizer"));
    for (std::size_t i = 0; i < state.more_optimizers.size(); ++i) state.more_optimizers[i]->load_state_dict(select_prefix(file.tensors, optimizer_prefix(i)));
    if (state.schedule != nullptr) state.schedule->load_state_dict(select_prefix(file.tensors, "schedule"));
    if (state.average != nullptr) state.average->load_state_dict(select_prefix(file.tensors, "average"));
    if (state.early_stopping != nullptr) state.early_stopping->load_state_dict(select_prefix(file.tensors, "early_stopping"));
    if (state.more != nullptr) state.more->load_state_dict(select_prefix(file.tensors, "more"));
    return progress;
}

}  // namespace knoll::nn
