// What each subcommand is asked to do: plain values, so that nothing behind parse.cpp knows the command-line library.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace knoll::apps {

/// Text that was asked for in place of work: a help page or the version.
struct Message {
    std::string text;
};

struct LossesOptions {
    std::string name;  ///< the one to explain; empty: all are listed
};

/// A loss and the arrays that it is evaluated on.
struct LossCall {
    std::string loss;                     ///< name, or name:key=value,...
    std::vector<std::string> parameters;  ///< more key=value
    std::string logits;                   ///< .npy to read
    std::string targets;
    int epoch = 0;
    std::string reduction = "sum";  ///< none, mean or sum
};

struct LossOptions : LossCall {
    std::string dtype = "f64";  ///< f32 or f64
    std::string value;          ///< .npy to write; empty: none
    std::string grad;
    std::string tangent;  ///< .npy to read: direction of the Hessian-vector product
    std::string hvp;
};

/// A gradient that somebody else has computed, and what it is the gradient of.
struct CheckOptions : LossCall {
    std::string grad;                 ///< .npy to read
    std::optional<double> tolerance;  ///< relative; what suits the type of the gradient's numbers unless given
};

struct PlotOptions {
    std::vector<std::string> losses;
    std::string out;  ///< .svg
    double from = -6;
    double to = 6;
    int epoch = 1;
    std::int64_t classes = 10;
};

/// What train and compare share. What is not set is the task's to choose.
struct TrainingOptions {
    std::string task;
    std::vector<std::string> methods;  ///< losses with their modifiers: bce, focal:gamma=1, bce+full
    std::string data = "fashion";
    std::string data_dir;
    std::optional<std::int64_t> train_size;
    std::optional<std::int64_t> test_size;
    std::optional<std::string> model;
    std::map<std::string, std::string> task_options;  ///< --keep, --ratio, ...: those that were given
    std::optional<int> epochs;
    std::optional<std::int64_t> batch;
    std::optional<double> learning_rate;
    std::optional<std::string> optimizer;
    std::optional<std::string> schedule;
    std::optional<double> weight_decay;
    std::optional<double> ema;
    std::uint64_t seed = 1;
    int seeds = 1;    ///< compare: seed, seed + 1, ...
    int threads = 0;  ///< 0: all cores
    bool validate = false;
    int checkpoint_every = 200;  ///< batches between checkpoints within an epoch
    std::string out;
    std::string resume;
    std::string json;
    bool quiet = false;
    std::string command;                 ///< as it was typed, for the report
    std::vector<std::string> arguments;  ///< those that results depend on: subcommand, task, --name=value for each option that was given
};

struct TrainOptions : TrainingOptions {};
struct CompareOptions : TrainingOptions {};

struct GradcheckCommandOptions {
    std::vector<std::string> names;  ///< parts of names; none: all
    bool quiet = false;              ///< failures alone
};

struct BenchOptions {
    std::vector<std::string> names;
    int threads = 0;  ///< 0: 1 and all cores
    double seconds = 2;
    std::string json;
};

using Request =
    std::variant<Message, LossesOptions, LossOptions, CheckOptions, PlotOptions, TrainOptions, CompareOptions, GradcheckCommandOptions, BenchOptions>;

}  // namespace knoll::apps
