#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/commands/files_apart.h>
#include <knoll/apps/commands/loss_call.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/autograd.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/ops/reduce.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ostream>

namespace knoll::apps {

namespace {

constexpr std::int64_t most_printed = 20;

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
    require_apart("loss", {{"--value", options.value}, {"--grad", options.grad}, {"--hvp", options.hvp}},
                  {{"--logits", options.logits}, {"--targets", options.targets}, {"--tangent", options.tangent}});
    for (const std::string* path : {&options.value, &options.grad, &options.hvp})
        if (!path->empty()) require_writable(*path);
}

}  // namespace

int run(const LossOptions& options, Console& console) {
    check_outputs(options);
    const DType dtype = options.dtype == "f32" ? DType::f32 : DType::f64;
    const auto loss = make_loss(options);
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
