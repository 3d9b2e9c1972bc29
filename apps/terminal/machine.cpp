#include <knoll/apps/terminal/machine.h>

#include <sys/utsname.h>

#include <array>
#include <ctime>
#include <fstream>
#include <thread>

namespace knoll::apps {

namespace {

std::string processor_name() {
    std::ifstream info{"/proc/cpuinfo"};
    for (std::string line; std::getline(info, line);) {
        const std::size_t colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown processor";
}

}  // namespace

std::string knoll_version() { return KNOLL_VERSION; }

std::string machine_name() {
    utsname system{};
    const std::string name = uname(&system) == 0 ? std::string(system.sysname) + " " + system.machine : "unknown system";
    return processor_name() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, " + name;
}

std::string compiler_name() {
#if defined(__clang__)
    return "Clang " __clang_version__;
#elif defined(__GNUC__)
    return "GCC " __VERSION__;
#else
    return "unknown compiler";
#endif
}

std::string current_time() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    std::array<char, 32> digits{};
    return {digits.data(), std::strftime(digits.data(), digits.size(), "%Y-%m-%d %H:%M", &parts)};
}

}  // namespace knoll::apps
