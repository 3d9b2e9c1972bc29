#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/autograd.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/losses/registry.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ostream>
#include <set>

namespace knoll::apps {

namespace {

constexpr std::int64_t most_printed = 20;

Reduction parse_reduction(const std::string& name) {
    if (name == "none") return Reduction::none;
    return name == "mean" ? Reduction::mean : Reduction::sum;
}

// name:a=1 and b=2 c=3, joined to name:a=1,b=2,c=3.
std::string specification(const LossOptions& options) {
    std::string joined = options.loss;
    for (const std::string& parameter : options.parameters) {
        require<ValueError>(parameter.find('=') != std::string::npos, "[loss] expected key=value behind the name, got ", parameter);
        joined += (joined.find(':') == std::string::npos ? ":" : ",") + parameter;
    }
    return joined;
}

Tensor load_floating(const std::string& path, DType dtype) { return load_npy(path).to(dtype); }

// Targets of single-label losses are integers, whatever type the file has; of others numbers like the logits.
Tensor load_targets(const LossOptions& options, losses::TargetKind kind, DType dtype) {
    const Tensor targets = load_npy(options.targets);
    if (kind != losses::TargetKind::class_index) return targets.to(dtype);
    require<DTypeError>(!is_floating(targets.dtype()), "[loss] expected integer classes in ", options.targets, ", got ", targets.dtype(),
                        "; convert with astype(int) first");
    return targets.to(DType::i64);
}

std::string with_17_digits(double number) {
    if (std::isnan(number)) return "nan";  // whose sign means nothing
    std::array<char, 40> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::general, 17).ptr};
}

void print_values(const Console& console, const Tensor& value) {
    if (value.numel() > most_printed) {
        console.out << value.numel() << " values of shape " << to_string(value.shape()) << "; write them with --value\n";
        return;
    }
    for (const double number : value.to_vector()) console.out << with_17_digits(number) << '\n';
}

void check_outputs(const LossOptions& options) {
    std::set<std::string> seen;
    for (const std::string* path : {&options.value, &options.grad, &options.hvp}) {
        if (path->empty()) continue;
        require<ValueError>(seen.insert(*path).second, "[loss] expected a file for each of --value, --grad and --hvp, got ", *path, " twice");
        require_writable(*path);
    }
}

}  // namespace

int run(const LossOptions& options, Console& console) {
    check_outputs(options);
    const DType dtype = options.dtype == "f32" ? DType::f32 : DType::f64;
    const auto loss = losses::make(specification(options), parse_reduction(options.reduction));
    const Tensor logits = load_floating(options.logits, dtype).set_requires_grad();
    const Tensor targets = load_targets(options, loss->target_kind(), dtype);

    const Tensor value = (*loss)(logits, targets, {.epoch = options.epoch});
    const bool second_order = !options.hvp.empty();
    Tensor gradient;
    Tensor product;
    if (!options.grad.empty() || second_order) gradient = grad(sum(value), logits, {.create_graph = second_order, .retain_graph = true});
    if (second_order) {
        const Tensor direction = load_floating(options.tangent, dtype);
        require<ShapeError>(direction.shape() == logits.shape(), "[loss] expected a tangent of the logits' shape ", logits.shape(), ", got ",
                            direction.shape());
        // The Hessian is symmetric, so differentiating the gradient along the direction is a gradient again; zero where the gradient is constant.
        product = zeros_like(logits);
        if (gradient.requires_grad()) {
            const Tensor found = grad(gradient, logits, {.grad_outputs = {direction}, .allow_unused = true});
            if (found.defined()) product = found;
        }
    }

    print_values(console, value);
    std::vector<NpyFile> files;
    if (!options.value.empty()) files.push_back({options.value, value});
    if (!options.grad.empty()) files.push_back({options.grad, gradient});
    if (second_order) files.push_back({options.hvp, product});
    save_npy(files);
    return exit_done;
}

}  // namespace knoll::apps
