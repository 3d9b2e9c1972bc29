// A module's weights in a safetensors file, which other frameworks read and write too.
#pragma once

#include <knoll/nn/module.h>

namespace knoll::nn {

/// Writes state_dict(). Throws FileError if it cannot.
void save_safetensors(const Module& module, const std::string& path);
/// Takes over all values. Throws FileError on a damaged file; ValueError, and changes nothing, unless names and shapes are
/// exactly the module's.
void load_safetensors(Module& module, const std::string& path);

}  // namespace knoll::nn
