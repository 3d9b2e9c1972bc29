// The two checkpoints of a run's folder: the newest, and the one before it for when the newest turns out to be damaged.
#pragma once

#include <knoll/apps/training/checkpoint.h>

#include <iosfwd>

namespace knoll::apps {

class CheckpointPair {
public:
    explicit CheckpointPair(const std::string& folder);

    const std::string& newest() const { return newest_; }
    bool exist() const;
    /// The newest becomes the one before it. There is a whole one at any moment. Throws FileError, and the newest stays.
    void save(const RunParts& parts) const;
    /// Reads the newest; if that is damaged, the one before it, which takes its place, and says so in a line. Throws FileError if
    /// neither can be read.
    void load(const RunParts& parts, std::ostream& notes) const;

private:
    void load_previous(const RunParts& parts) const;

    std::string newest_;
    std::string previous_;
    std::string next_;
};

}  // namespace knoll::apps
