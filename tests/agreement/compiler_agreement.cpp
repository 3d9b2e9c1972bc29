// Do builds by two compilers compute the same? Each writes a fixed set of results, the values and gradients of every op, layer and loss in
// f64 and two short training runs in f32, and one of them compares the two files. See docs/reliability.md.
#include "support/small_run.h"

#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/core/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

using namespace knoll;

namespace {

// A name is KIND/SUBJECT, VARIANT/WHAT.
NamedTensors all_results() {
    NamedTensors results;
    for (const apps::CheckRecord& record : apps::check_records()) {
        if (!record.no_gradient.empty()) continue;
        std::vector<Tensor> inputs, differentiable;
        for (const Tensor& input : record.inputs) {
            inputs.push_back(input.detach().clone());
            if (is_floating(input.dtype())) differentiable.push_back(inputs.back().set_requires_grad());
        }
        const std::string name = record.kind + "/" + record.name() + "/";
        const Tensor value = record.function(inputs);
        const std::vector<Tensor> gradients = grad({sum(value * apps::normal_input(value.shape(), 7))}, differentiable);
        results.emplace_back(name + "value", value.detach());
        for (std::size_t i = 0; i < gradients.size(); ++i) results.emplace_back(name + "gradient " + std::to_string(i), gradients[i]);
    }
    for (const auto& [optimizer, kind] : {std::pair{"SGD", RunOptimizer::sgd}, std::pair{"Adam", RunOptimizer::adam}})
        for (const auto& [name, tensor] : small_run(kind)) results.emplace_back(text("training run/", optimizer, "/", name), tensor.clone());
    return results;
}

std::string compiler() {
#if defined(__clang__)
    return "Clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) + "." + std::to_string(__clang_patchlevel__);
#else
    return "GCC " __VERSION__;
#endif
}

struct Kind {
    std::size_t tensors = 0;
    double worst = 0;
    std::string where = "-";
};

// Rounding differs in every step of a run; elsewhere in the last places.
double tolerance(const std::string& kind) { return kind == "training run" ? 1e-4 : 1e-12; }

// The largest difference, as a share of the larger tensor's largest element; infinite where shapes, types, NaN or infinities differ.
double deviation(const Tensor& a, const Tensor& b) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return infinity;
    const std::vector<double> left = a.to_vector(), right = b.to_vector();
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i] == right[i] || (std::isnan(left[i]) && std::isnan(right[i]))) continue;
        if (!std::isfinite(left[i]) || !std::isfinite(right[i])) return infinity;
        difference = std::max(difference, std::abs(left[i] - right[i]));
    }
    for (const std::vector<double>& values : {left, right})
        for (const double value : values)
            if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    return difference > 0 ? difference / largest : 0;
}

int compare_files(const std::string& first, const std::string& second) {
    const TensorFile a = load_safetensors(first), b = load_safetensors(second);
    std::map<std::string, Kind> kinds;
    std::map<std::string, Tensor> others(b.tensors.begin(), b.tensors.end());
    std::vector<std::string> alone;
    for (const auto& [name, tensor] : a.tensors) {
        const auto other = others.find(name);
        if (other == others.end()) {
            alone.push_back(name);
            continue;
        }
        Kind& kind = kinds[name.substr(0, name.find('/'))];
        const double found = deviation(tensor, other->second);
        ++kind.tensors;
        if (found > kind.worst) {
            kind.worst = found;
            kind.where = name.substr(name.find('/') + 1);
        }
        others.erase(other);
    }
    for (const auto& [name, tensor] : others) alone.push_back(name);

    for (const TensorFile* file : {&a, &b})
        if (const auto compiler = file->metadata.find("compiler"); compiler != file->metadata.end()) std::cout << compiler->second << '\n';
    std::printf("%-14s %8s %16s %12s  %s\n", "kind", "tensors", "worst deviation", "tolerated", "where");
    bool agree = alone.empty() && !kinds.empty();
    for (const auto& [name, kind] : kinds) {
        std::printf("%-14s %8zu %16.1e %12.0e  %s\n", name.c_str(), kind.tensors, kind.worst, tolerance(name), kind.where.c_str());
        agree = agree && kind.worst <= tolerance(name);
    }
    for (const std::string& name : alone) std::printf("in one file only: %s\n", name.c_str());
    std::printf("%s\n", agree ? "they agree" : "they do not agree");
    return agree ? 0 : 1;
}

constexpr const char* help =
    "Usage: compiler_agreement write FILE.safetensors\n"
    "       compiler_agreement compare FILE.safetensors FILE.safetensors\n\n"
    "Writes the values and gradients of every op, layer and loss, and two short training runs; compares two such files, made by builds of\n"
    "different compilers. A deviation is a share of the tensor's largest element.\n"
    "Exit status: 0 done, or the files agree; 1 they do not; 2 a wrong call or a bad file.\n";

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        if (arguments.size() == 2 && arguments[0] == "write") {
            save_safetensors(arguments[1], all_results(), {{"compiler", compiler()}});
            return 0;
        }
        if (arguments.size() == 3 && arguments[0] == "compare") return compare_files(arguments[1], arguments[2]);
    } catch (const std::exception& error) {
        std::cerr << "compiler_agreement: " << error.what() << '\n';
        return 2;
    }
    const bool asked = arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h");
    (asked ? std::cout : std::cerr) << help;
    return asked ? 0 : 2;
}
