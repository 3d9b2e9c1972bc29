// The folder of a run: settings, log, checkpoint and result; for one process at a time.
#pragma once

#include <knoll/apps/report/results.h>

#include <optional>
#include <string>
#include <vector>

namespace knoll::apps {

/// Holds a folder while it lives; a folder that it has made, and that nothing was put into, goes with it. Throws FileError at once if the
/// folder cannot be made or written to, or another process holds it.
class FolderLock {
public:
    explicit FolderLock(const std::string& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    void remove_unused() const;

    std::string folder_;
    std::string present_;  // the part of the path that was there before
    int descriptor_;
};

/// Throws FileError unless a file could be written there. Writes nothing.
void require_writable(const std::string& path);

/// Throws FileError unless there is such a file or folder in the folder that is to be resumed.
void require_begun(const std::string& folder, const std::string& trace);

/// The files that train and compare write into a folder, or remove there, beside those of a comparison's runs; none of no folder.
std::vector<std::string> files_of_runs(const std::string& folder);

/// Keeps the arguments that a run or a comparison was begun with, a line each, for when it is resumed.
void note_arguments(const std::string& folder, const std::vector<std::string>& arguments);
/// None where none were noted.
std::vector<std::string> noted_arguments(const std::string& folder);

/// Removes what a comparison before has written into the folder, and nothing else.
void forget_comparison(const std::string& folder);

/// Text that can be a file name: what is not a letter, a digit or one of _.=+- becomes -.
std::string file_name(const std::string& text);

class RunFolder {
public:
    /// An empty path keeps nothing. The arguments, if there are any, are noted when the run is started.
    explicit RunFolder(std::string path, std::vector<std::string> arguments = {}) : path_(std::move(path)), arguments_(std::move(arguments)) {}

    bool exists() const { return !path_.empty(); }
    const std::string& path() const { return path_; }

    /// Starts afresh: forgets log, checkpoint and result of a run before, notes the settings.
    void start(const NamedTexts& settings) const;
    /// Goes on with what is there: throws FileError if the settings are not those noted. Starts if nothing is there.
    void resume(const NamedTexts& settings) const;

    void write_log(const std::vector<EpochRecord>& records) const;
    void write_result(const RunResult& result) const;
    /// The result of a run that was finished.
    std::optional<RunResult> result() const;

private:
    std::string path_;
    std::vector<std::string> arguments_;
};

}  // namespace knoll::apps
