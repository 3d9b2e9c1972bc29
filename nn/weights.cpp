#include <knoll/nn/weights.h>

#include <knoll/core/files/safetensors.h>

namespace knoll::nn {

void save_safetensors(const Module& module, const std::string& path) {
    // Some readers ask which framework's conventions the tensors follow; these are PyTorch's.
    knoll::save_safetensors(path, module.state_dict(), {{"format", "pt"}});
}

void load_safetensors(Module& module, const std::string& path) {
    copy_state(text("load_safetensors ", path), module.state_dict(), knoll::load_safetensors(path).tensors);
}

}  // namespace knoll::nn
