#include <knoll/core/anomaly.h>
#include <knoll/core/anomaly/place.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#if __has_include(<execinfo.h>) && __has_include(<dlfcn.h>) && __has_include(<cxxabi.h>)
#define KNOLL_HAS_BACKTRACE
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#endif

namespace knoll::anomaly_detail {

namespace {

#ifdef KNOLL_HAS_BACKTRACE

constexpr std::size_t most_frames = 64;
constexpr int most_printed = 8;

std::string demangled(const char* symbol) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol, nullptr, nullptr, &status), &std::free);
    return name ? name.get() : symbol;
}

// "Tensor knoll::record<F>(char const*)" is; "user::f(knoll::Tensor const&)" is not.
bool is_of_knoll(const std::string& function) {
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i < function.size(); ++i) {
        const char c = function[i];
        if (c == '<') ++depth;
        if (c == '>') --depth;
        if (depth > 0) continue;
        if (c == '(') break;
        if (c == ' ') begin = i + 1;
    }
    return function.compare(begin, 7, "knoll::") == 0;
}

std::vector<void*> stack() {
    std::array<void*, most_frames> addresses{};
    const int count = backtrace(addresses.data(), static_cast<int>(addresses.size()));
    return std::vector<void*>(addresses.begin(), addresses.begin() + count);  // braces would make a list of the two iterators
}

std::string describe_stack(const std::vector<void*>& frames) {
    std::string lines;
    int printed = 0;
    for (void* frame : frames) {
        // The address after a call may be that of the next function: its last byte is within.
        const auto address = reinterpret_cast<std::uintptr_t>(frame) - 1;
        Dl_info info{};
        if (dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_fname == nullptr) continue;  // NOLINT(performance-no-int-to-ptr)
        const std::string name = info.dli_sname == nullptr ? "" : demangled(info.dli_sname);
        if (is_of_knoll(name)) continue;
        std::array<char, 32> offset{};
        std::snprintf(offset.data(), offset.size(), "+0x%zx", static_cast<std::size_t>(address - reinterpret_cast<std::uintptr_t>(info.dli_fbase)));
        lines += "\n  at " + name + (name.empty() ? "" : " ") + "(" + info.dli_fname + offset.data() + ")";
        if (name == "main" || ++printed == most_printed) break;
    }
    return lines;
}

#else

std::vector<void*> stack() { return {}; }
std::string describe_stack(const std::vector<void*>&) { return ""; }

#endif

}  // namespace

Place this_place() {
    Place place;
    for (const Here* here = Here::innermost(); here != nullptr; here = here->outer())
        place.scopes.push_back(text(here->name(), " (", here->file(), ":", here->line(), ")"));
    place.frames = stack();
    return place;
}

std::string describe(const Place& place) {
    std::string lines;
    for (const std::string& scope : place.scopes) lines += "\n  in " + scope;
    return lines + describe_stack(place.frames);
}

}  // namespace knoll::anomaly_detail
