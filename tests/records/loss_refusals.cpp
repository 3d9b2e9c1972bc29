#include "records/losses.h"
#include "support/numbers.h"
#include "support/sample.h"

#include <knoll/core/ops/ops.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/losses/elementwise_loss.h>

namespace knoll::records {

namespace {

// Calls of one loss that fail, named by what it expects.
class Refusing {
public:
    Refusing(Expectations& book, const std::string& name) : book_(book), name_(name), loss_(losses::make(name)) {}

    void operator()(const Tensor& logits, const Tensor& targets, const std::string& words, int epoch = 0) const {
        book_.refuse(
            name_, [=, loss = loss_] { (*loss)(logits, targets, {.epoch = epoch}); }, "[" + name_ + "] expected " + words);
    }

private:
    Expectations& book_;
    std::string name_;
    LossPtr loss_;
};

void refuse_by_every_loss(const Refusing& refuse, const Tensor& logits, const Tensor& targets) {
    refuse({}, targets, "logits and targets, got an undefined tensor");
    refuse(logits, {}, "logits and targets, got an undefined tensor");
    refuse(logits, targets, "an epoch counted from 0, got -1", -1);
    refuse(logits.to(DType::i64), targets, "logits of f32 or f64, got i64; convert with .to(DType::f32)");
    for (const std::int64_t element : {3, 4, 5}) {
        const std::string index = "[1, " + std::to_string(element - 3) + "]";
        refuse(with_element(logits, element, std::nan("")), targets, "logits that are numbers, got NaN at index " + index);
    }
}

// Those with a target for every logit.
void refuse_by_element(const Refusing& refuse, losses::TargetKind kind) {
    const Tensor logits = zeros({2, 3}), targets = zeros({2, 3});
    refuse_by_every_loss(refuse, logits, targets);
    refuse(logits, zeros({3}), "targets of the logits' shape [2, 3], got [3]");
    refuse(zeros({0, 3}), zeros({0, 3}), "at least one element, got shape [0, 3]");
    refuse(logits, zeros({2, 3}).set_requires_grad(), "targets that need no gradient, got some that require it; detach() them");
    if (kind == losses::TargetKind::binary) {
        refuse(logits, full({2, 3}, 2, DType::i64), "targets 0 or 1, got 2 at index [0, 0]");
        refuse(logits, with_element(targets, 5, 0.5), "targets 0 or 1, got 0.5 at index [1, 2]");
        refuse(logits, with_element(targets, 5, std::nan("")), "targets 0 or 1, got nan at index [1, 2]");
    } else {
        refuse(logits, with_element(targets, 5, std::nan("")), "targets that are numbers, got nan at index [1, 2]");
    }
}

void refuse_rows(const Refusing& refuse, const Tensor& targets) {
    refuse(zeros({3}), targets, "logits [N, K], got shape [3]");
    refuse(zeros({0, 3}), targets, "at least one row of logits, got shape [0, 3]");
    refuse(zeros({2, 1}), targets, "at least 2 classes, got logits of shape [2, 1]; for one logit per label use a binary loss");
}

// Those with a class for every row.
void refuse_by_class(const Refusing& refuse) {
    const Tensor logits = zeros({2, 3}), targets = zeros({2}, DType::i64);
    refuse_by_every_loss(refuse, logits, targets);
    refuse_rows(refuse, targets);
    refuse(logits, zeros({2}), "integer classes as targets, got f32; convert with .to(DType::i64)");
    refuse(logits, zeros({2, 1}, DType::i64), "targets of shape [2], one class per row of logits [2, 3], got [2, 1]");
    refuse(logits, with_element(targets, 1, 3), "targets in [0, 3), got 3 at index [1]");
    refuse(logits, with_element(targets, 0, -100), "targets in [0, 3), got -100 at index [0]");
    refuse(full({2, 3}, infinity), targets, "finite logits, got an infinity at index [0, 0]");
}

// Those with a probability for every logit.
void refuse_by_distribution(const Refusing& refuse) {
    const Tensor logits = zeros({2, 3}), targets = tensor({{0.5, 0.5, 0.0}, {0.0, 0.0, 1.0}});
    refuse_by_every_loss(refuse, logits, targets);
    refuse_rows(refuse, targets);
    refuse(logits, zeros({2}), "targets of the logits' shape [2, 3], got [2]");
    refuse(logits, targets.clone().set_requires_grad(), "targets that need no gradient, got some that require it; detach() them");
    refuse(logits, with_element(targets, 4, -0.5), "probabilities as targets, got -0.5 at index [1, 1]");
    refuse(logits, with_element(targets, 4, std::nan("")), "probabilities as targets, got nan at index [1, 1]");
    refuse(logits, with_element(targets, 4, 0.5), "targets that add up to 1 in every row, got 1.5 in row 1");
    refuse(full({2, 3}, infinity), targets, "finite logits, got an infinity at index [0, 0]");
}

// Those of embeddings.
void refuse_by_embedding(const Refusing& refuse) {
    const Tensor embeddings = zeros({2, 3}), classes = zeros({2}, DType::i64);
    refuse({}, classes, "logits and targets, got an undefined tensor");
    refuse(embeddings, {}, "logits and targets, got an undefined tensor");
    refuse(embeddings, classes, "an epoch counted from 0, got -1", -1);
    refuse(embeddings.to(DType::i64), classes, "embeddings of f32 or f64, got i64; convert with .to(DType::f32)");
    refuse(with_element(embeddings, 4, std::nan("")), classes, "embeddings that are finite numbers, got nan at index [1, 1]");
    refuse(with_element(embeddings, 5, infinity), classes, "embeddings that are finite numbers, got inf at index [1, 2]");
    refuse(zeros({3}), classes, "embeddings [N, D] of at least one row, got shape [3]");
    refuse(zeros({0, 3}), zeros({0}, DType::i64), "embeddings [N, D] of at least one row, got shape [0, 3]");
    refuse(embeddings, zeros({2}), "integer classes as targets, got f32; convert with .to(DType::i64)");
    refuse(embeddings, zeros({3}, DType::i64), "targets of shape [2], one class per row of embeddings [2, 3], got [3]");
}

// A value below and a word for every parameter, and a name that none has.
void refuse_parameters(Expectations& book, const losses::LossInfo& info) {
    const auto refuse = [&](const std::string& parameters, const std::string& words) {
        book.refuse(
            info.name, [=, name = info.name] { losses::make(name + ":" + parameters); }, words);
    };
    const std::string expected = "[" + info.name + "] expected ";
    refuse("nothing_such=1",
           expected + (info.parameters.empty() ? "no parameters, got 'nothing_such'" : "a parameter of the loss, got 'nothing_such'; it has "));
    refuse("x", "[losses] expected NAME:KEY=VALUE,KEY=VALUE, got '" + info.name + ":x'");
    for (const losses::ParameterInfo& parameter : info.parameters) {
        const std::string of = "for " + parameter.name + " ";
        refuse(parameter.name + "=much", expected + of + "a number, got 'much'");
        refuse(parameter.name + "=-inf", expected + of + parameter.range + ", got -inf");
        const bool is_from_above = parameter.range.starts_with("a number of at most");
        const std::string outside = is_from_above ? "1.5" : "-1.5";
        if (parameter.range != "a finite number") refuse(parameter.name + "=" + outside, expected + of + parameter.range + ", got " + outside);
        refuse(parameter.name + "=1," + parameter.name + "=1", "[losses] expected every parameter once, got '" + parameter.name + "' twice in '");
    }
}

}  // namespace

void refuse_losses(Expectations& book) {
    for (const losses::LossInfo& info : losses::registry()) {
        const Refusing refuse(book, info.name);
        if (info.targets == losses::TargetKind::class_index)
            refuse_by_class(refuse);
        else if (info.targets == losses::TargetKind::distribution)
            refuse_by_distribution(refuse);
        else if (info.targets == losses::TargetKind::same_class)
            refuse_by_embedding(refuse);
        else
            refuse_by_element(refuse, info.targets);
        refuse_parameters(book, info);
        book.refuse(
            info.name, [misspelt = info.name + "s"] { losses::make(misspelt); },
            "[losses] expected the name of a loss, got '" + info.name + "s'; did you mean '" + info.name + "'? there are bce, ");
    }
    book.refuse(
        "wan",
        [] {
            (*losses::make("wan"))(zeros({2, 1}), zeros({2, 1}));
        },
        "[wan] expected at least 2 classes for gamma = 1/(C-1), got 1; give gamma");
    book.refuse(
        "epr", [] { losses::make("epr", Reduction::none); },
        "[epr] expected the reduction mean or sum, got none; its penalty belongs to a whole batch, not to an element");
    book.refuse(
        "gr",
        [] {
            (*losses::make("gr"))(zeros({2, 1}), zeros({2, 1}), {.epoch = 0, .epochs = -1});
        },
        "[gr] expected a number of epochs of at least 0, got -1");
    const auto weighted = [](const Tensor& weights) {
        return [=] { losses::CrossEntropy({.class_weights = weights})(zeros({2, 3}), zeros({2}, DType::i64)); };
    };
    book.refuse("cross_entropy", weighted(zeros({1, 3})), "[cross_entropy] expected class weights [K], got shape [1, 3]");
    book.refuse("cross_entropy", weighted(tensor({1.0, -2.0, 1.0})), "[cross_entropy] expected class weights of at least 0, got -2");
    book.refuse("cross_entropy", weighted(tensor({1.0, infinity, 1.0})), "[cross_entropy] expected class weights of at least 0, got inf");
    book.refuse("cross_entropy", weighted(ones({4})), "[cross_entropy] expected class weights of shape [3], one per class of the logits, got [4]");
    book.refuse(
        "cross_entropy", [] { losses::CrossEntropy({.smoothing = 1.5}); }, "[cross_entropy] expected for smoothing a number in [0, 1], got 1.5");
}

}  // namespace knoll::records
