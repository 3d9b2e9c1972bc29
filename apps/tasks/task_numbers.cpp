#include <knoll/apps/tasks/task_numbers.h>

#include <charconv>

namespace knoll::apps {

namespace {

template <class Number>
Number number_between(const TaskInfo& info, const TrainingOptions& options, const std::string& name, Number low, Number high, const char* kind) {
    const std::string given = task_option(info, options, name);
    Number value{};
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    require<ValueError>(error == std::errc() && end == given.data() + given.size() && value >= low && value <= high, "[", info.name, "] expected --", name,
                        " to be ", kind, " in [", low, ", ", high, "], got ", given);
    return value;
}

}  // namespace

double task_number(const TaskInfo& info, const TrainingOptions& options, const std::string& name, double low, double high) {
    return number_between(info, options, name, low, high, "a number");
}

std::int64_t task_whole_number(const TaskInfo& info, const TrainingOptions& options, const std::string& name, std::int64_t low, std::int64_t high) {
    return number_between(info, options, name, low, high, "a whole number");
}

}  // namespace knoll::apps
