#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/core/ops/ops.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/optim/sgd.h>
#include <knoll/nn/schedule/plateau.h>
#include <knoll/nn/sequential.h>
#include <knoll/nn/training/checkpoint.h>
#include <knoll/nn/training/checksum.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace knoll;
using Catch::Matchers::Contains;

namespace {

// A path that is free before and after.
class FreePath {
public:
    explicit FreePath(const char* name) : path_(std::filesystem::temp_directory_path() / (std::string("knoll_checkpoint_test_") + name)) { remove(); }
    ~FreePath() { remove(); }
    FreePath(const FreePath&) = delete;
    FreePath& operator=(const FreePath&) = delete;
    std::string path() const { return path_.string(); }

private:
    void remove() const { std::filesystem::remove(path_); }
    std::filesystem::path path_;
};

nn::Sequential make_net(std::uint64_t seed) {
    nn::Sequential net{nn::Conv2d{1, 4, {.padding = 1}}, nn::BatchNorm2d{4}, nn::ReLU{}, nn::MaxPool2d{2}, nn::Flatten{}, nn::Dropout{0.3}, nn::Linear{36, 3}};
    Rng rng{seed};
    net.initialize(rng);
    return net;
}

// A run with all that has state: batch norm, dropout, moments, a schedule, an average.
struct Run {
    explicit Run(std::uint64_t seed) : net(make_net(seed)) {}

    nn::Sequential net;
    nn::AdamW optimizer{net.parameters(), {.learning_rate = 0.01}};
    nn::LRScheduler schedule{optimizer, nn::WarmUp{.steps = 4, .then = nn::CosineAnnealingLR{.t_max = 8}}};
    nn::EMA average{net, {.decay = 0.9}};
    nn::EarlyStopping early_stopping{};

    nn::TrainingState state() { return {.model = net, .optimizer = &optimizer, .schedule = &schedule, .average = &average, .early_stopping = &early_stopping}; }
    // One batch, which depends on its number alone.
    void step(std::int64_t batch) {
        Rng rng{77, static_cast<std::uint64_t>(batch)};
        const Tensor logits = net(randn({8, 1, 6, 6}, rng));
        const Tensor labels = from_data<std::int64_t>({8, 1}, std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 0, 1});
        const Tensor loss = -mean(gather(log_softmax(logits, 1), 1, labels));
        optimizer.zero_grad();
        backward(loss);
        optimizer.step();
        schedule.step();
        average.update();
        early_stopping.update(loss.item());
    }
    // Everything, as exact doubles.
    std::vector<double> fingerprint() const {
        std::vector<double> values;
        for (const nn::StateDict& part : {net.state_dict(), optimizer.state_dict(), schedule.state_dict(), average.state_dict(), early_stopping.state_dict()})
            for (const auto& entry : part)
                for (const double value : entry.second.to_vector()) values.push_back(value);
        return values;
    }
};

// What was changed on purpose, so that its checksum does not give it away.
void save_with_checksum(const std::string& path, TensorFile content) {
    content.metadata[nn::checksum_key] = nn::checkpoint_checksum(content.tensors, content.metadata);
    save_safetensors(path, content.tensors, content.metadata);
}

}  // namespace

TEST_CASE("training resumed from a checkpoint ends in the same bits as training without a stop") {
    const FreePath file("resume");
    Run whole{1};
    for (int batch = 0; batch < 10; ++batch) whole.step(batch);

    {
        Run first{1};
        for (int batch = 0; batch < 5; ++batch) first.step(batch);
        nn::save_checkpoint(file.path(), first.state(), {.epoch = 2, .batch = 5, .best_metric = 0.1, .notes = {{"loss", "hill"}}});
    }
    Run second{999};
    const nn::TrainingProgress progress = nn::load_checkpoint(file.path(), second.state());
    CHECK(progress.epoch == 2);
    CHECK(progress.batch == 5);
    CHECK(progress.best_metric == 0.1);
    CHECK(progress.notes == std::map<std::string, std::string>{{"loss", "hill"}});
    for (std::int64_t batch = progress.batch; batch < 10; ++batch) second.step(batch);
    CHECK((second.fingerprint() == whole.fingerprint()));  // too long to print
}

TEST_CASE("a checkpoint of the model alone, before any step, can be put back") {
    const FreePath file("model");
    Run from{1}, to{2};
    nn::save_checkpoint(file.path(), {.model = from.net}, {.best_metric = -INFINITY});
    CHECK(nn::load_checkpoint(file.path(), {.model = to.net}).best_metric == -INFINITY);
    CHECK(to.net.parameters()[0].to_vector() == from.net.parameters()[0].to_vector());
}

TEST_CASE("a net that was never initialised keeps having no generator") {
    const FreePath file("generator");
    nn::Sequential from{nn::Dropout{}}, to{nn::Dropout{}};
    nn::save_checkpoint(file.path(), {.model = from}, {});
    nn::load_checkpoint(file.path(), {.model = to});
    CHECK_FALSE(to.generators()[0].second.has_value());
}

TEST_CASE("counts in a checkpoint that cannot be counted on from are refused") {
    const FreePath file("counts");
    Run run{1};
    run.step(0);
    nn::save_checkpoint(file.path(), run.state(), {});
    const TensorFile good = knoll::load_safetensors(file.path());
    for (const char* name : {"schedule.step", "average.updates", "early_stopping.bad_epochs", "optimizer.steps"})
        for (const std::int64_t count : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
            INFO(name << " of " << count);
            TensorFile damaged = good;
            for (auto& [other, tensor] : damaged.tensors)
                if (other == name) tensor = from_data<std::int64_t>(tensor.shape(), std::vector<std::int64_t>(static_cast<std::size_t>(tensor.numel()), count));
            save_with_checksum(file.path(), damaged);
            Run other{2};
            CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), other.state()), Contains("of 0 to 9007199254740992, got " + std::to_string(count)));
        }
}

TEST_CASE("a fraction, or nothing that is a number, is no count of a checkpoint") {
    const FreePath file("fraction");
    Run run{1};
    nn::save_checkpoint(file.path(), run.state(), {});
    TensorFile damaged = knoll::load_safetensors(file.path());
    for (auto& [name, tensor] : damaged.tensors)
        if (name == "average.updates") tensor = scalar(NAN, DType::f64);
    save_with_checksum(file.path(), damaged);
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), run.state()), Contains("of another type: updates f64 for i64"));
}

TEST_CASE("a plateau's state is part of a checkpoint") {
    const FreePath file("plateau");
    Run run{1};
    nn::ReduceLROnPlateau from{run.optimizer, {.patience = 1}}, to{run.optimizer, {.patience = 1}};
    from.step(1.0);
    from.step(1.0);
    nn::save_checkpoint(file.path(), {.model = run.net, .optimizer = &run.optimizer, .schedule = &from}, {});
    nn::load_checkpoint(file.path(), {.model = run.net, .optimizer = &run.optimizer, .schedule = &to});
    const double before = run.optimizer.learning_rate();
    to.step(1.0);
    CHECK(run.optimizer.learning_rate() == Approx(before * 0.1));
}

TEST_CASE("a checkpoint of something else is refused with what is wrong") {
    const FreePath file("wrong");
    Run run{1};
    run.step(0);
    nn::save_checkpoint(file.path(), run.state(), {});

    nn::Sequential other{nn::Linear{2, 2}};
    nn::SGD sgd{run.net.parameters()};
    nn::TrainingState state = run.state();
    state.optimizer = &sgd;
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), state), Contains("[load_checkpoint] expected optimizer SGD in ") && Contains("got AdamW"));
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), {.model = run.net}), Contains("expected average none in ") && Contains("got some"));
    const nn::TrainingState with_other{
        .model = other, .optimizer = &run.optimizer, .schedule = &run.schedule, .average = &run.average, .early_stopping = &run.early_stopping};
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), with_other),
                      Contains("missing: 0.bias") || Contains("of another shape: 0.weight [4, 1, 3, 3] for [2, 2]"));
}

TEST_CASE("a file that is no checkpoint, or a damaged one, is refused") {
    const FreePath file("damaged");
    Run run{1};
    const nn::TrainingState model{.model = run.net};
    CHECK_THROWS_AS(nn::load_checkpoint(file.path(), model), FileError);  // there is none

    save_safetensors(file.path(), run.net.state_dict());
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), model), Contains("expected a checkpoint, got ") && Contains("without the entry knoll_checkpoint"));

    const auto damage = [&](const char* key, const char* value) {
        nn::save_checkpoint(file.path(), model, {});
        TensorFile content = load_safetensors(file.path());
        content.metadata[key] = value;
        save_with_checksum(file.path(), content);
    };
    damage("knoll_checkpoint", "9");
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), model), Contains("expected a checkpoint of version 3, got version 9"));
    damage("knoll_checkpoint", "2");
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), model), Contains("expected a checkpoint of version 3, got version 2 in ") &&
                                                                   Contains("; go on with the version of knoll that wrote it, or begin anew"));
    damage("epoch", "3x");
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), model), Contains("expected a number as epoch in ") && Contains("got \"3x\""));
    damage("batch", "-1");
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), model), Contains("expected an epoch and a batch of 0 or more"));

    nn::save_checkpoint(file.path(), model, {});
    TensorFile content = load_safetensors(file.path());
    for (auto& [name, tensor] : content.tensors)
        if (name == "generators.5.generator") tensor = zeros({2}, DType::i64);
    content.metadata["crc32"] = nn::checkpoint_checksum(content.tensors, content.metadata);
    save_safetensors(file.path(), content.tensors, content.metadata);
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), model),
                      Contains("expected generator 5.generator in ") && Contains("as 0 or 3 integers, got i64 of shape [2]"));
}

TEST_CASE("a checkpoint of which a bit has flipped is refused, or says the same as before") {
    const FreePath file("flipped");
    nn::Sequential net{nn::Linear{3, 2}, nn::Dropout{}};
    Rng rng{1};
    net.initialize(rng);
    nn::save_checkpoint(file.path(), {.model = net}, {.epoch = 7, .batch = 3, .notes = {{"log", "0.5"}}});
    std::string content;
    for (const std::byte byte : read_file(file.path())) content += static_cast<char>(byte);
    const std::vector<double> weights = net.parameters()[0].to_vector();
    std::size_t refused = 0;
    for (std::size_t byte = 0; byte < content.size(); ++byte) {
        std::string damaged = content;
        damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << byte % 8));
        std::ofstream{file.path(), std::ios::binary} << damaged;
        try {
            const nn::TrainingProgress progress = nn::load_checkpoint(file.path(), {.model = net});
            INFO("byte " << byte);
            CHECK((progress.epoch == 7 && progress.batch == 3 && progress.notes.at("log") == "0.5" && net.parameters()[0].to_vector() == weights));
        } catch (const FileError&) {
            ++refused;
        }
    }
    CHECK(refused > content.size() * 9 / 10);
}

TEST_CASE("a checkpoint that cannot be written is an error") {
    Run run{1};
    CHECK_THROWS_AS(nn::save_checkpoint("/nonexistent/folder/checkpoint.safetensors", run.state(), {}), FileError);
}

TEST_CASE("the tensors of a checkpoint have plain names, and every state says its kind") {
    const FreePath file("names");
    Run run{1};
    run.step(0);
    nn::save_checkpoint(file.path(), run.state(), {});
    std::vector<std::string> kinds;
    bool has_average = false;
    for (const auto& [name, tensor] : load_safetensors(file.path()).tensors) {
        CHECK_FALSE(name.starts_with("average.average"));
        has_average = has_average || name == "average.weights.0.weight";
        if (!name.ends_with(".kind")) continue;
        std::string kind = name + " ";
        for (const std::uint8_t character : tensor.data<std::uint8_t>()) kind += static_cast<char>(character);
        kinds.push_back(kind);
    }
    CHECK(has_average);
    std::sort(kinds.begin(), kinds.end());
    CHECK(kinds == std::vector<std::string>{"average.kind EMA", "early_stopping.kind EarlyStopping", "optimizer.kind AdamW", "schedule.kind LRScheduler"});
}

TEST_CASE("a checkpoint of one schedule is refused by another, and states of other kinds by all") {
    const FreePath file("kinds");
    Run run{1};
    nn::ReduceLROnPlateau plateau{run.optimizer};
    nn::TrainingState state = run.state();
    state.schedule = &plateau;
    nn::save_checkpoint(file.path(), run.state(), {});
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), state),
                      Contains("[ReduceLROnPlateau] expected the state of ReduceLROnPlateau, got that of LRScheduler"));
    nn::save_checkpoint(file.path(), state, {});
    CHECK_THROWS_WITH(nn::load_checkpoint(file.path(), run.state()),
                      Contains("[LRScheduler] expected the state of LRScheduler, got that of ReduceLROnPlateau"));
    CHECK_THROWS_WITH(run.early_stopping.load_state_dict(plateau.state_dict()),
                      "[EarlyStopping] expected the state of EarlyStopping, got that of ReduceLROnPlateau");
    CHECK_THROWS_WITH(plateau.load_state_dict(run.early_stopping.state_dict()),
                      "[ReduceLROnPlateau] expected the state of ReduceLROnPlateau, got that of EarlyStopping");
    CHECK_THROWS_WITH(run.average.load_state_dict(run.optimizer.state_dict()), "[EMA] expected the state of EMA, got that of AdamW");
    CHECK_THROWS_WITH(run.average.load_state_dict(run.net.state_dict()), Contains("[EMA] expected the state of EMA, got one that does not say what it is of"));
}
