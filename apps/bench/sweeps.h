// How time and memory grow with one dimension of the work, everything else held. On one thread, but where threads are what grows.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace knoll::apps {

struct SweepPoint {
    double value = 0;  ///< of what grows
    double work = 0;   ///< units in a step
    double milliseconds = 0;
    double mebibytes = 0;  ///< the most tensor storage in use at once; 0: not measured
};

struct Curve {
    std::string name;
    std::vector<SweepPoint> points;
};

struct Sweep {
    std::string axis;            ///< what grows
    std::string unit = {};       ///< of the cost of a unit of work: "µs per image"
    double per_millisecond = 1;  ///< how many of these microseconds there are in a millisecond
    bool shared = false;         ///< what grows shares the work, instead of adding to it
    std::vector<Curve> curves = {};
};

struct SweepEntry {
    const char* name;
    Sweep (*run)(double seconds);  ///< measures each point for about so many
};

/// batch, size, channels, classes, threads.
std::span<const SweepEntry> sweeps();

}  // namespace knoll::apps
