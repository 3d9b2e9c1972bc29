#include <knoll/apps/training/checkpoint_pair.h>

#include <filesystem>
#include <ostream>
#include <system_error>

namespace knoll::apps {

namespace {

namespace fs = std::filesystem;

void rename(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::rename(from, to, error);
    require<FileError>(!error, "[checkpoint] expected to rename ", from, " to ", to, ", got: ", error.message());
}

}  // namespace

CheckpointPair::CheckpointPair(const std::string& folder)
    : newest_(folder + "/checkpoint.safetensors"), previous_(folder + "/checkpoint.previous.safetensors"), next_(folder + "/checkpoint.next.safetensors") {}

bool CheckpointPair::exist() const { return fs::exists(newest_) || fs::exists(previous_); }

// Killed between the renamings, a run finds the one before; it is whole.
void CheckpointPair::save(const RunParts& parts) const {
    save_run(next_, parts);
    if (fs::exists(newest_)) rename(newest_, previous_);
    rename(next_, newest_);
}

void CheckpointPair::load(const RunParts& parts, std::ostream& notes) const {
    if (!fs::exists(newest_)) return load_previous(parts);
    try {
        load_run(newest_, parts);
    } catch (const FileError& error) {
        require<FileError>(fs::exists(previous_), error.what(), "; there is none before it, so start afresh with --out");
        load_previous(parts);
        notes << "knoll: " << error.what() << "; going on from the checkpoint before it, epoch " << parts.state.epoch + 1 << ", batch " << parts.state.batch + 1
              << std::endl;
    }
}

// It takes the place of the newest, lest the next save keep a damaged file and drop this one.
void CheckpointPair::load_previous(const RunParts& parts) const {
    load_run(previous_, parts);
    rename(previous_, newest_);
}

}  // namespace knoll::apps
