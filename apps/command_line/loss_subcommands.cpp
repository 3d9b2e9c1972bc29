// The subcommands that look at losses and derivatives.
#include <knoll/apps/command_line/subcommands.h>

#include <knoll/apps/command_line/validators.h>
#include <knoll/core/parallel.h>

namespace knoll::apps {

namespace {

void add_epoch(CLI::App& command, int& epoch) {
    command.add_option("--epoch", epoch, "the epoch, from 0, for losses that change with it")
        ->transform(whole_number(0))
        ->type_name("E")
        ->capture_default_str();
}

void add_loss_call(CLI::App& command, LossCall& options) {
    command.add_option("NAME", options.loss, "the loss: name or name:key=value,...")->required();
    command.add_option("PARAMETER", options.parameters, "further parameters, key=value");
    add_path(command, "--logits", options.logits, "[N, C] or [N, K]", "L.npy")->required();
    add_path(command, "--targets", options.targets, "[N, C] in {0, 1}, or [N] class indices", "T.npy")->required();
    add_epoch(command, options.epoch);
    command.add_option("--reduction", options.reduction, "none, mean or sum")->check(one_of({"none", "mean", "sum"}))->type_name("R")->capture_default_str();
}

}  // namespace

CLI::App* add_losses(CLI::App& app, LossesOptions& options) {
    CLI::App* command = add_subcommand(app, "losses", "List every loss: name, parameters with defaults, kind of target, paper",
                                       "Examples:\n  knoll losses\n  knoll losses hill");
    command->add_option("NAME", options.name, "the one to explain; all unless given");
    return command;
}

CLI::App* add_loss(CLI::App& app, LossOptions& options) {
    CLI::App* command = add_subcommand(app, "loss", "Evaluate a loss on arrays of your own: value, gradient, Hessian-vector product",
                                       "Examples:\n"
                                       "  knoll loss hill --logits z.npy --targets y.npy --grad g.npy\n"
                                       "  knoll loss focal gamma=1 --logits z.npy --targets y.npy --reduction mean --dtype f32\n"
                                       "  knoll loss splc --epoch 1 --logits z.npy --targets y.npy --tangent d.npy --hvp hd.npy\n\n"
                                       "Prints the value with 17 digits; with --reduction none all of them, if there are no more than 20.\n"
                                       "The gradient and the Hessian-vector product are of the sum of what the reduction leaves.");
    add_loss_call(*command, options);
    command->add_option("--dtype", options.dtype, "f32 or f64: what is computed in and written")
        ->check(one_of({"f32", "f64"}))
        ->type_name("D")
        ->capture_default_str();
    add_path(*command, "--value", options.value, "write the value", "V.npy");
    add_path(*command, "--grad", options.grad, "write the gradient with respect to the logits", "G.npy");
    CLI::Option* tangent = add_path(*command, "--tangent", options.tangent, "a direction, shaped as the logits", "D.npy");
    CLI::Option* product = add_path(*command, "--hvp", options.hvp, "write the Hessian times the direction", "H.npy");
    tangent->needs(product);
    product->needs(tangent);
    return command;
}

CLI::App* add_check(CLI::App& app, CheckOptions& options) {
    CLI::App* command = add_subcommand(app, "check", "Judge a gradient that another program has computed",
                                       "Examples:\n"
                                       "  knoll check hill --logits z.npy --targets y.npy --grad g.npy\n"
                                       "  knoll check asl detach=1 --logits z.npy --targets y.npy --grad g.npy --reduction mean\n\n"
                                       "Computes the exact gradient in f64 and prints how far yours is from it: the largest relative difference,\n"
                                       "or what departs, the worst element, and the mistake that explains all of it, if it is a usual one.\n"
                                       "A difference is relative to the exact element, or to a hundredth of the largest one where that is more.\n"
                                       "The tolerance is 1e-4 for a gradient in f32 and 1e-9 for one in f64, unless given.\n\n"
                                       "Exit status: 0 it agrees, 1 it departs, 2 a wrong call or bad input.");
    add_loss_call(*command, options);
    add_path(*command, "--grad", options.grad, "the gradient to judge, by the logits, of the sum of what the reduction leaves; f32 or f64", "G.npy")
        ->required();
    command->add_option("--tolerance", options.tolerance, "the largest relative difference that agrees")->check(positive())->type_name("R");
    return command;
}

CLI::App* add_plot(CLI::App& app, PlotOptions& options) {
    CLI::App* command = add_subcommand(app, "plot", "Draw value and gradient of losses against the logit",
                                       "Examples:\n"
                                       "  knoll plot bce focal asl hill splc --out multi-label.svg\n"
                                       "  knoll plot cross_entropy softmax_focal cce --out single-label.svg\n\n"
                                       "Multi-label losses are drawn for a positive and a negative target; single-label ones against\n"
                                       "the logit of the true class and that of a wrong one, with the others at 0.");
    command->add_option("NAME", options.losses, "losses: name or name:key=value,...")->required();
    add_path(*command, "--out", options.out, "the file to write", "FILE.svg")->required();
    command->add_option("--from", options.from, "the lowest logit")->check(logit())->type_name("X")->capture_default_str();
    command->add_option("--to", options.to, "the highest logit")->check(logit())->type_name("X")->capture_default_str();
    add_epoch(*command, options.epoch);
    command->add_option("--classes", options.classes, "number of classes, for losses that depend on it")
        ->transform(whole_number(2, 10'000))
        ->type_name("N")
        ->capture_default_str();
    return command;
}

CLI::App* add_gradcheck(CLI::App& app, GradcheckCommandOptions& options) {
    CLI::App* command = add_subcommand(app, "gradcheck", "Check every op, layer and loss against finite differences, to second order",
                                       "Examples:\n  knoll gradcheck\n  knoll gradcheck conv softmax hill");
    command->add_option("NAME", options.names, "check those whose name contains one of these");
    command->add_flag("--quiet", options.quiet, "print failures and the last line alone");
    return command;
}

CLI::App* add_bench(CLI::App& app, BenchOptions& options) {
    CLI::App* command = add_subcommand(app, "bench", "Measure the throughput of the standard workloads",
                                       "Examples:\n  knoll bench\n  knoll bench lenet5 loss:hill --threads 1 --json bench.json\n\n"
                                       "A step is forward, backward and SGD with momentum; for a loss, its value and gradient.\n"
                                       "Workloads: mlp, lenet5, cnn, resnet20, loss:NAME for every loss.");
    command->add_option("NAME", options.names, "workloads; all unless given");
    command->add_option("--threads", options.threads, "1 and all cores unless given")->transform(whole_number(1, max_threads))->type_name("N");
    command->add_option("--seconds", options.seconds, "measured per workload and number of threads")->check(positive())->type_name("S")->capture_default_str();
    add_path(*command, "--json", options.json, "results for programs", "FILE");
    return command;
}

}  // namespace knoll::apps
