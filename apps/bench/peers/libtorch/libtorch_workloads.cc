// The network workloads of `knoll bench` in libtorch's C++ frontend, each in its fastest setting.
//
//     libtorch_workloads [NAME ...] [--threads N] [--seconds S] [--setting SETTING] [--json FILE]
//
// Options and results are those of pytorch_workloads.py, which has the reasons too. There is no foreach optimizer in C++.
#include <torch/torch.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace nn = torch::nn;
using torch::Tensor;

namespace {

using Step = std::function<void()>;

struct Setting {
    bool channels_last = false;
    bool onednn = false;

    std::string text() const { return channels_last ? onednn ? "channels_last+onednn" : "channels_last" : onednn ? "onednn" : "plain"; }
};

nn::Conv2d conv(int in, int out, int kernel, int padding, int stride = 1, bool bias = true) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).padding(padding).stride(stride).bias(bias));
}
nn::ReLU relu() { return nn::ReLU(nn::ReLUOptions().inplace(true)); }

nn::Sequential mlp() { return nn::Sequential(nn::Flatten(), nn::Linear(784, 256), relu(), nn::Linear(256, 10)); }

nn::Sequential lenet5() {
    return nn::Sequential(conv(1, 6, 5, 2), relu(), nn::MaxPool2d(2), conv(6, 16, 5, 0), relu(), nn::MaxPool2d(2), nn::Flatten(), nn::Linear(400, 120), relu(),
                          nn::Linear(120, 84), relu(), nn::Linear(84, 10));
}

nn::Sequential cnn() {
    return nn::Sequential(conv(1, 32, 3, 1), relu(), nn::MaxPool2d(2), conv(32, 64, 3, 1), relu(), nn::MaxPool2d(2), nn::Flatten(), nn::Linear(3136, 128),
                          relu(), nn::Linear(128, 10));
}

struct BasicBlockImpl : nn::Module {
    BasicBlockImpl(int in, int out, int stride)
        : body(conv(in, out, 3, 1, stride, false), nn::BatchNorm2d(out), relu(), conv(out, out, 3, 1, 1, false), nn::BatchNorm2d(out)) {
        if (in != out || stride != 1) shortcut = nn::Sequential(conv(in, out, 1, 0, stride, false), nn::BatchNorm2d(out));
        register_module("body", body);
        register_module("shortcut", shortcut);
    }
    Tensor forward(const Tensor& x) { return torch::relu_(body->forward(x) += shortcut->is_empty() ? x : shortcut->forward(x)); }

    nn::Sequential body;
    nn::Sequential shortcut;  // empty: the identity
};
TORCH_MODULE(BasicBlock);

nn::Sequential resnet20() {
    return nn::Sequential(conv(3, 16, 3, 1, 1, false), nn::BatchNorm2d(16), relu(),             //
                          BasicBlock(16, 16, 1), BasicBlock(16, 16, 1), BasicBlock(16, 16, 1),  //
                          BasicBlock(16, 32, 2), BasicBlock(32, 32, 1), BasicBlock(32, 32, 1),  //
                          BasicBlock(32, 64, 2), BasicBlock(64, 64, 1), BasicBlock(64, 64, 1),  //
                          nn::AdaptiveAvgPool2d(1), nn::Flatten(), nn::Linear(64, 10));
}

// contiguous(ChannelsLast) returns a tensor with one channel as it is, for either layout describes it, and the kernels then take it
// for the other. A copy has the layout for certain.
Tensor channels_last(const Tensor& x) { return torch::empty_like(x, x.options(), torch::MemoryFormat::ChannelsLast).copy_(x); }

Step training_step(nn::Sequential net, const std::vector<int64_t>& shape, const Setting& setting) {
    torch::manual_seed(1);
    Tensor images = torch::rand(shape);
    const Tensor labels = torch::randint(10, {shape[0]}, torch::kLong);
    if (setting.channels_last) {
        images = channels_last(images);
        for (Tensor& parameter : net->parameters())
            if (parameter.dim() == 4) parameter.set_data(channels_last(parameter.data()));
    }
    // A rate so small that the weights stay where they are for any number of steps: no step is odd.
    const auto optimizer = std::make_shared<torch::optim::SGD>(net->parameters(), torch::optim::SGDOptions(1e-6).momentum(0.9));
    return [net, images, labels, optimizer, parameters = net->parameters()]() mutable {
        const Tensor loss = nn::functional::cross_entropy(net->forward(images), labels);
        for (Tensor& parameter : parameters) parameter.mutable_grad().reset();  // zero_grad() would fill them with zeros
        loss.backward();
        optimizer->step();
    };
}

struct Workload {
    std::string name;
    std::vector<int64_t> shape;
    std::function<nn::Sequential()> make;
    bool convolutional = true;

    Step prepare(const Setting& setting) const { return training_step(make(), shape, setting); }
};

const std::vector<Workload> workloads = {{"mlp", {128, 1, 28, 28}, mlp, false},
                                         {"lenet5", {1, 1, 28, 28}, lenet5},
                                         {"lenet5", {64, 1, 28, 28}, lenet5},
                                         {"cnn", {128, 1, 28, 28}, cnn},
                                         {"resnet20", {128, 3, 32, 32}, resnet20}};

double median_milliseconds(const Step& step, double seconds, int warm_up = 3, std::size_t fewest = 5) {
    using Clock = std::chrono::steady_clock;
    for (int i = 0; i < warm_up; ++i) step();
    std::vector<double> times;
    for (double total = 0; total < 1000 * seconds || times.size() < fewest; total += times.back()) {
        const auto start = Clock::now();
        step();
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    return times[times.size() / 2];
}

Setting fastest_setting(const Workload& workload, double seconds) {
    struct Trial {
        Setting setting;
        Step step;
        double best = INFINITY;
    };
    std::vector<Trial> trials;
    for (const bool channels_last : {false, true})
        for (const bool onednn : {false, true})
            if (workload.convolutional || !channels_last) trials.push_back({{channels_last, onednn}, workload.prepare({channels_last, onednn})});
    for (int turn = 0; turn < 3; ++turn)
        for (Trial& trial : trials) {
            at::globalContext().setUserEnabledMkldnn(trial.setting.onednn);
            trial.best = std::min(trial.best, median_milliseconds(trial.step, seconds / 30, turn == 0 ? 1 : 0, 1));
        }
    return std::min_element(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) { return a.best < b.best; })->setting;
}

std::string measure(const Workload& workload, int threads, double seconds, const std::string& wanted) {
    Setting setting{wanted.find("channels_last") != std::string::npos, wanted.find("onednn") != std::string::npos};
    if (wanted.empty()) setting = fastest_setting(workload, seconds);
    at::globalContext().setUserEnabledMkldnn(setting.onednn);
    const double took = median_milliseconds(workload.prepare(setting), seconds);
    std::ostringstream out;
    out << R"({"name": ")" << workload.name << R"(", "batch": )" << workload.shape[0] << R"(, "shape": [)" << c10::Join(", ", workload.shape)
        << R"(], "threads": )" << threads << R"(, "ms_per_step": )" << took << R"(, "images_per_second": )" << 1000 * workload.shape[0] / took
        << R"(, "setting": ")" << setting.text() << R"("})";
    return out.str();
}

void run(const std::vector<std::string>& arguments) {
    std::map<std::string, std::string> options = {
        {"--threads", std::to_string(std::thread::hardware_concurrency())}, {"--seconds", "2"}, {"--setting", ""}, {"--json", ""}};
    std::set<std::string> names;
    for (std::size_t i = 0; i < arguments.size(); ++i)
        if (const auto option = options.find(arguments[i]); option != options.end() && i + 1 < arguments.size())
            option->second = arguments[++i];
        else if (std::any_of(workloads.begin(), workloads.end(), [&](const Workload& workload) { return workload.name == arguments[i]; }))
            names.insert(arguments[i]);
        else
            throw std::invalid_argument("expected mlp, lenet5, cnn, resnet20, --threads N, --seconds S, --setting SETTING or --json FILE, got " + arguments[i]);

    const int threads = std::stoi(options["--threads"]);
    torch::set_num_threads(threads);
    std::vector<std::string> results;
    for (const Workload& workload : workloads)
        if (names.empty() || names.count(workload.name) > 0)
            results.push_back(measure(workload, threads, std::stod(options["--seconds"]), options["--setting"]));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::ostringstream out;
    out << "{\n  \"torch\": \"" << TORCH_VERSION << "\",\n  \"results\": [\n    " << c10::Join(",\n    ", results) << "\n  ]";
    if (names.size() == 1) out << ",\n  \"peak_mib\": " << static_cast<double>(usage.ru_maxrss) / 1024;
    out << "\n}\n";
    const std::string& path = options["--json"];
    if (path.empty())
        std::cout << out.str();
    else if (!(std::ofstream(path) << out.str() << std::flush))
        throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "libtorch_workloads: " << error.what() << '\n';
        return 2;
    }
}
