#include <knoll/apps/training/run_folder.h>

#include <knoll/apps/report/results_files.h>
#include <knoll/core/error.h>
#include <knoll/core/files/atomic_file.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <span>
#include <sstream>
#include <system_error>

namespace knoll::apps {

namespace {

namespace fs = std::filesystem;

// What there may be of every run, beside it of a run of train, and of a comparison. First what makes a folder one to go on with.
constexpr std::array run_files{"settings.txt", "log.csv", "checkpoint.safetensors", "checkpoint.previous.safetensors", "checkpoint.next.safetensors",
                               "run.json"};
constexpr std::array train_files{"options.txt", "results.json", "model.safetensors"};
constexpr std::array comparison_files{"options.txt", "report.html", "results.json", "results.csv", "table.txt"};

std::string read_text(const std::string& path) {
    const std::vector<std::byte> bytes = read_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string settings_text(const NamedTexts& settings) {
    std::string out;
    for (const auto& [name, value] : settings) out += text(name, " = ", value, "\n");
    return out;
}

// The first line in which two texts differ, as "A, got B".
std::string first_difference(std::string_view expected, std::string_view got) {
    while (true) {
        const std::string_view a = expected.substr(0, expected.find('\n'));
        const std::string_view b = got.substr(0, got.find('\n'));
        if (a != b || a.size() == expected.size()) return text(a.empty() ? "nothing" : a, ", got ", b.empty() ? "nothing" : b);
        expected.remove_prefix(a.size() + 1);
        got.remove_prefix(b.size() + 1);
    }
}

void require_folder(const std::string& folder, const std::error_code& error) {
    require<FileError>(!error, "[out] expected a folder to write to, got ", folder, ": ", error.message(), "; choose another with --out");
}

std::string present_part(const fs::path& path) {
    std::error_code ignored;
    fs::path present = path;
    while (!fs::exists(present, ignored) && present.has_relative_path()) present = present.parent_path();
    return present.string();
}

void remove_files(const std::string& folder, std::span<const char* const> names) {
    std::error_code error;
    for (const char* name : names) {
        fs::remove(folder + "/" + name, error);
        require_folder(folder, error);
    }
}

// NAME.123-4.tmp: what a process that was killed while it wrote NAME has left.
bool is_unfinished(const std::string& file) {
    const auto is_of = [&](const char* name) {
        const std::string_view start = name;
        return file.starts_with(start) && file[start.size()] == '.' &&
               file.find_first_not_of("0123456789-", start.size() + 1) == file.size() - std::string_view(".tmp").size();
    };
    const auto is_of_any = [&](const auto& names) { return std::any_of(names.begin(), names.end(), is_of); };
    return file.ends_with(".tmp") && (is_of_any(run_files) || is_of_any(train_files) || is_of_any(comparison_files));
}

void remove_unfinished(const std::string& folder) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (is_unfinished(entry.path().filename().string())) found.push_back(entry.path());
    std::error_code ignored;  // they harm nobody
    for (const fs::path& path : found) fs::remove(path, ignored);
}

// LOSS-seedS, as a comparison names its runs.
bool is_name_of_run(const std::string& name) {
    const std::size_t number = name.find_last_not_of("0123456789") + 1;
    const std::string before = name.substr(0, number);
    const std::string ending = "-seed";
    return number < name.size() && before.size() > ending.size() && before.substr(before.size() - ending.size()) == ending;
}

std::string log_csv(const std::vector<EpochRecord>& records) {
    std::string out = "epoch,loss,learning_rate,seconds";
    if (!records.empty())
        for (const Metric& metric : records.front().metrics) out += "," + metric.name;
    out += "\n";
    for (const EpochRecord& record : records) {
        out += text(record.epoch, ",", record.loss, ",", record.learning_rate, ",", record.seconds);
        for (const Metric& metric : record.metrics) out += text(",", metric.value);
        out += "\n";
    }
    return out;
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) : folder_(fs::absolute(folder).lexically_normal().string()), present_(present_part(folder_)) {
    std::error_code error;
    fs::create_directories(folder, error);
    require_folder(folder, error);
    const std::string path = folder + "/.lock";
    descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) require_folder(folder, {errno, std::generic_category()});
    if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
        remove_unfinished(folder);
        return;
    }
    close(descriptor_);
    fail<FileError>("[out] expected a folder that no other run is using, got ", folder, "; wait for that run or choose another with --out");
}

// In a folder that stays the file stays too: removing it would let two others lock two files of the same name.
FolderLock::~FolderLock() {
    remove_unused();
    close(descriptor_);
}

void FolderLock::remove_unused() const {
    std::error_code ignored;
    const auto held = fs::directory_iterator(folder_, ignored);
    if (present_ == folder_ || std::distance(fs::begin(held), fs::end(held)) != 1) return;
    fs::remove(folder_ + "/.lock", ignored);
    for (fs::path path = folder_; path != present_ && !ignored; path = path.parent_path()) fs::remove(path, ignored);
}

void require_writable(const std::string& path) {
    const fs::path parent = fs::absolute(path).parent_path();
    require<FileError>(fs::is_directory(parent), "[out] expected a file in an existing folder, got ", path, "; make the folder first");
    const bool device = fs::exists(path) && !fs::is_regular_file(path);  // written to as it is; a file is replaced, which takes its folder
    require<FileError>(access(device ? path.c_str() : parent.c_str(), W_OK) == 0 && !fs::is_directory(path), "[out] expected a file that can be written, got ",
                       path, "; choose another place");
}

void require_begun(const std::string& folder, const std::string& trace) {
    require<FileError>(fs::exists(folder + "/" + trace), "[resume] expected a folder that such a run was begun in, got ", folder, "; begin one with --out ",
                       folder);
}

std::vector<std::string> files_of_runs(const std::string& folder) {
    std::set<std::string> paths;
    if (folder.empty()) return {};
    for (const char* name : run_files) paths.insert(folder + "/" + name);
    for (const char* name : train_files) paths.insert(folder + "/" + name);
    for (const char* name : comparison_files) paths.insert(folder + "/" + name);
    return {paths.begin(), paths.end()};
}

void note_arguments(const std::string& folder, const std::vector<std::string>& arguments) {
    std::string lines;
    for (const std::string& argument : arguments) lines += argument + "\n";
    write_file(folder + "/options.txt", lines);
}

std::vector<std::string> noted_arguments(const std::string& folder) {
    const std::string path = folder + "/options.txt";
    std::vector<std::string> arguments;
    if (!fs::exists(path)) return arguments;
    std::istringstream lines(read_text(path));
    for (std::string line; std::getline(lines, line);) arguments.push_back(line);
    return arguments;
}

void forget_comparison(const std::string& folder) {
    remove_files(folder, comparison_files);
    const std::string runs = folder + "/runs";
    if (!fs::is_directory(runs)) return;
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(runs))
        if (entry.is_directory() && is_name_of_run(entry.path().filename().string())) found.push_back(entry.path().string());
    std::error_code not_empty;
    for (const std::string& path : found) {
        remove_files(path, run_files);
        fs::remove(path, not_empty);
    }
    fs::remove(runs, not_empty);
}

std::string file_name(const std::string& name) {
    std::string out;
    for (const char c : name) out += std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("_.=+-", c) != nullptr ? c : '-';
    return out;
}

// The settings come last: with them the run has begun, and a run killed before has not.
void RunFolder::start(const NamedTexts& settings) const {
    if (!exists()) return;
    std::error_code error;
    fs::create_directories(path_, error);
    require_folder(path_, error);
    remove_files(path_, run_files);
    remove_files(path_, train_files);
    remove_unfinished(path_);
    if (!arguments_.empty()) note_arguments(path_, arguments_);
    write_file(path_ + "/settings.txt", settings_text(settings));
}

void RunFolder::resume(const NamedTexts& settings) const {
    const std::string path = path_ + "/settings.txt";
    if (!fs::exists(path)) return start(settings);  // a comparison that was broken off before it came to this run
    remove_unfinished(path_);
    const std::string noted = read_text(path);
    const std::string now = settings_text(settings);
    require<FileError>(noted == now, "[resume] expected the settings that ", path_, " was begun with, ", first_difference(noted, now),
                       "; give the same options, or start afresh with --out");
}

void RunFolder::write_log(const std::vector<EpochRecord>& records) const {
    if (exists()) write_file(path_ + "/log.csv", log_csv(records));
}

void RunFolder::write_result(const RunResult& result) const {
    if (exists()) write_file(path_ + "/run.json", run_json(result));
}

std::optional<RunResult> RunFolder::result() const {
    const std::string path = path_ + "/run.json";
    if (!exists() || !fs::exists(path)) return std::nullopt;
    return parse_run_json(read_text(path), path);
}

}  // namespace knoll::apps
