// Checks of what a model is asked to be.
#pragma once

#include <knoll/core/error.h>

#include <cstdint>

namespace knoll::nn::models {

/// Throws ValueError unless there are images of at least this size and a class.
template <class Options>
void check_options(const char* model, const Options& options, std::int64_t minimum_size) {
    require<ValueError>(options.channels >= 1 && options.classes >= 1, "[", model, "] expected 1 or more channels and classes, got ", options.channels, " and ",
                        options.classes);
    require<ValueError>(options.size >= minimum_size, "[", model, "] expected images of ", minimum_size, "x", minimum_size, " or more, got ", options.size, "x",
                        options.size);
}

}  // namespace knoll::nn::models
