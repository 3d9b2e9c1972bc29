#include <knoll/apps/training/trainer.h>

#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/checkpoint_pair.h>
#include <knoll/apps/training/divergence.h>
#include <knoll/apps/training/way_on.h>
#include <knoll/core/non_finite.h>

#include <cmath>
#include <iterator>
#include <ostream>

namespace knoll::apps {

namespace {

std::string epoch_line(const std::string& label, const EpochRecord& record, int epochs) {
    std::string line = text(label, "  epoch ", record.epoch, "/", epochs, "  loss ", fixed(record.loss, 4));
    for (const Metric& metric : record.metrics)
        if (!std::isnan(metric.value)) line += text("  ", metric.name, " ", fixed(metric.value, 2));
    return line + text("  ", duration(record.seconds));
}

}  // namespace

NamedTexts run_settings(const Task& task, const Method& method, const Hyperparameters& hyperparameters, std::uint64_t seed) {
    NamedTexts settings{{"task", task.info().name}};
    for (const auto& entry : task.describe()) settings.push_back(entry);
    settings.emplace_back("loss", method.text);
    for (const auto& entry : describe(hyperparameters)) settings.push_back(entry);
    settings.emplace_back("seed", text(seed));
    return settings;
}

Trainer::Trainer(const Task& task, Method method, const Hyperparameters& hyperparameters, TrainerSettings settings, RunFolder folder, const Console& console)
    : task_(task),
      method_(std::move(method)),
      hyperparameters_(hyperparameters),
      settings_(std::move(settings)),
      folder_(std::move(folder)),
      console_(console),
      model_(first_model()),
      learning_(task.learning(method_, model_, hyperparameters, settings_.seed)),
      batches_per_epoch_((learning_.data.count + hyperparameters.batch - 1) / hyperparameters.batch),
      curve_(make_curve(hyperparameters, learning_.data.restarts ? batches_per_epoch_ : batches_per_epoch_ * hyperparameters.epochs)) {
    if (hyperparameters.ema > 0) average_.emplace(model_, nn::EMAOptions{.decay = hyperparameters.ema, .warm_up = true});
    const NamedTexts noted = run_settings(task, method_, hyperparameters, settings_.seed);
    if (settings_.resume) {
        folder_.resume(noted);
    } else {
        folder_.start(noted);
    }
}

RunResult Trainer::run(const SignalWatch& signals) {
    spent_until_ = std::chrono::steady_clock::now();
    if (settings_.resume) load();
    {
        Progress progress{console_, settings_.quiet, settings_.label, learning_.data.count * hyperparameters_.epochs};
        progress.start_at(state_.epoch * learning_.data.count + state_.batch * hyperparameters_.batch);
        while (state_.epoch < hyperparameters_.epochs) {
            train_epoch(signals, progress);
            finish_epoch();
        }
    }
    RunResult result = make_result();
    if (signals.caught() != 0) interrupt(signals.caught());
    write_with_way_on(settings_.way_on, [&] { folder_.write_result(result); });
    if (average_) average_->copy_to(model_);
    return result;
}

void Trainer::train_epoch(const SignalWatch& signals, Progress& progress) {
    if (state_.batch == 0) learning_.procedure->begin_epoch(model_, static_cast<int>(state_.epoch));
    model_.train();
    for (const data::Batch& batch : learning_.data.batches(hyperparameters_.batch, state_.epoch, state_.batch)) {
        train_batch(batch);
        progress.advance(batch.size(), [this] {
            return text("epoch ", state_.epoch + 1, "/", hyperparameters_.epochs, "  loss ",
                        fixed(state_.loss_sum / static_cast<double>(state_.loss_examples), 4));
        });
        const bool epoch_ends = state_.batch == batches_per_epoch_;
        if (signals.caught() != 0) interrupt(signals.caught());
        if (!epoch_ends && state_.batch % settings_.checkpoint_every == 0) save();
    }
}

void Trainer::train_batch(const data::Batch& batch) {
    for (nn::Optimizer* optimizer : learning_.procedure->optimizers()) optimizer->set_learning_rate(learning_rate(steps()));
    const double loss = checked_step(batch);
    if (average_) average_->update();
    state_.loss_sum += loss * static_cast<double>(batch.size());
    state_.loss_examples += batch.size();
    ++state_.batch;
}

// Losses refuse logits that are NaN, procedures a loss that is infinite. Either way the run has diverged. Any other error says itself what
// is wrong.
double Trainer::checked_step(const data::Batch& batch) {
    try {
        return learning_.procedure->step(model_, batch, static_cast<int>(state_.epoch));
    } catch (const NonFiniteError& error) {
        fail<Diverged>(error.what(), " with ", method_.text, " in epoch ", state_.epoch + 1, ", batch ", state_.batch + 1,
                       "; first not finite: ", first_not_finite(model_, batch.images), "; try a smaller --lr", last_good());
    }
}

// A finite loss may leave weights that are not; a checkpoint of those would be of no use.
void Trainer::require_finite_weights() const {
    const auto name = first_weights_not_finite(model_);
    if (name)
        fail<Diverged>("[", hyperparameters_.optimizer, "] expected a step to finite weights, got others in ", *name, " with ", method_.text, " after epoch ",
                       state_.epoch + 1, ", batch ", state_.batch, "; try a smaller --lr", last_good());
}

std::string Trainer::last_good() const {
    if (!folder_.exists()) return "";
    const CheckpointPair checkpoints{folder_.path()};
    return checkpoints.exist() ? "; the last good checkpoint is " + checkpoints.newest() : "; there was no checkpoint yet";
}

void Trainer::finish_epoch() {
    require_finite_weights();
    const double rate = learning_rate(steps() - 1);
    const double loss = state_.loss_sum / static_cast<double>(state_.loss_examples);
    const double before = state_.records.empty() ? 0 : state_.records.back().seconds;
    ++state_.epoch;
    state_.batch = 0;
    state_.loss_sum = 0;
    state_.loss_examples = 0;
    const Evaluation evaluation = evaluate({.seed = settings_.seed, .at_most = task_.curve_examples(), .is_final = false});
    spend();
    state_.records.push_back(
        {.epoch = static_cast<int>(state_.epoch), .loss = loss, .learning_rate = rate, .seconds = state_.seconds, .metrics = evaluation.metrics});
    for (Metric& metric : task_.metrics_of_run(state_.records)) state_.records.back().metrics.push_back(std::move(metric));
    save();
    write_with_way_on(settings_.way_on, [&] { folder_.write_log(state_.records); });
    if (!settings_.narrate) return;
    EpochRecord shown = state_.records.back();
    shown.seconds -= before;
    console_.out << (console_.terminal && !settings_.quiet ? "\r\033[K" : "") << epoch_line(settings_.label, shown, hyperparameters_.epochs) << std::endl;
}

nn::Sequential Trainer::first_model() const {
    nn::Sequential model = task_.make_model(method_);
    Rng rng{settings_.seed};
    model.initialize(rng);
    return model;
}

Evaluation Trainer::evaluate(const EvaluationRequest& request) {
    model_.eval();
    if (average_) average_->swap();
    Evaluation evaluation = task_.evaluate(method_, model_, request);
    if (request.is_final) {
        std::vector<Gallery> more = learning_.procedure->galleries(model_);
        std::move(more.begin(), more.end(), std::back_inserter(evaluation.galleries));
    }
    if (average_) average_->swap();
    return evaluation;
}

RunResult Trainer::make_result() {
    Evaluation evaluation = evaluate({.seed = settings_.seed});
    for (Metric& metric : task_.metrics_of_run(state_.records)) evaluation.metrics.push_back(std::move(metric));
    return {.loss = method_.text,
            .seed = settings_.seed,
            .metrics = evaluation.metrics,
            .seconds = state_.seconds,
            .epochs = state_.records,
            .per_class = evaluation.per_class,
            .galleries = std::move(evaluation.galleries),
            .figures = std::move(evaluation.figures),
            .note = std::move(evaluation.note)};
}

// Taken until now.
std::int64_t Trainer::steps() const { return state_.epoch * batches_per_epoch_ + state_.batch; }

double Trainer::learning_rate(std::int64_t step) const {
    return curve_(hyperparameters_.learning_rate, learning_.data.restarts ? step % batches_per_epoch_ : step);
}

void Trainer::spend() {
    const auto now = std::chrono::steady_clock::now();
    state_.seconds += std::chrono::duration<double>(now - spent_until_).count();
    spent_until_ = now;
}

RunParts Trainer::parts() { return {model_, learning_.procedure->optimizers(), learning_.procedure.get(), average_ ? &*average_ : nullptr, state_}; }

void Trainer::save() {
    if (!folder_.exists()) return;
    require_finite_weights();
    spend();
    write_with_way_on(settings_.way_on, [&] { CheckpointPair{folder_.path()}.save(parts()); });
}

// The log is written anew: a run may have been killed between checkpoint and log.
void Trainer::load() {
    if (!folder_.exists()) return;
    const CheckpointPair checkpoints{folder_.path()};
    if (!checkpoints.exist()) return;
    checkpoints.load(parts(), console_.error);
    const bool fits = state_.epoch <= hyperparameters_.epochs && state_.batch <= batches_per_epoch_ && std::ssize(state_.records) == state_.epoch;
    require<FileError>(fits, "[resume] expected a checkpoint of this run, got ", checkpoints.newest(), ", which is at epoch ", state_.epoch + 1, ", batch ",
                       state_.batch, "; start afresh with --out");
    if (!state_.records.empty()) write_with_way_on(settings_.way_on, [&] { folder_.write_log(state_.records); });
}

void Trainer::interrupt(int signal) {
    save();
    const std::string where =
        state_.epoch < hyperparameters_.epochs ? text("in epoch ", state_.epoch + 1, " of ", hyperparameters_.epochs) : "after the last epoch";
    throw Interrupted(
        signal, text("interrupted ", where, settings_.way_on.empty() ? "; nothing was kept, since there was no --out" : "; go on with ", settings_.way_on));
}

}  // namespace knoll::apps
