#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/losses.h>

namespace knoll::apps {

namespace {

// Random ones might leave an anchor without a positive.
Tensor two_classes_in_turn(std::int64_t count) {
    Tensor classes = arange(count);
    for (std::int64_t& one : classes.mutable_data<std::int64_t>()) one %= 2;
    return classes;
}

}  // namespace

Tensor sample_targets(losses::TargetKind kind, const Shape& shape) {
    switch (kind) {
        case losses::TargetKind::binary:
            return (normal_input(shape, 2) > 0.0).to(DType::i64);
        case losses::TargetKind::real:
            return normal_input(shape, 2);
        case losses::TargetKind::class_index:
            return index_input({shape[0]}, shape[1], 2);
        case losses::TargetKind::same_class:
            return two_classes_in_turn(shape[0]);
        case losses::TargetKind::distribution:
            break;
    }
    return softmax(normal_input(shape, 2), -1);
}

Tensor class_weights_of(std::int64_t classes) { return positive_input({classes}, 4); }

namespace {

using LossPtr = std::shared_ptr<const losses::Loss>;

// Integer targets are an input. Others are not: they would have to have gradients, which losses give of the logits alone.
void add_loss(RecordList& list, const std::string& variant, const LossPtr& loss, int epoch = 0) {
    const losses::TargetKind kind = loss->target_kind();
    const Shape shape = kind == losses::TargetKind::same_class ? Shape{5, 3} : Shape{3, 5};
    std::vector<Tensor> inputs{1.5 * normal_input(shape)};
    const Tensor targets = sample_targets(kind, shape);
    if (!is_floating(targets.dtype())) inputs.push_back(targets);
    list.add(loss->name(), variant, inputs,
             [=](const std::vector<Tensor>& in) { return (*loss)(in[0], in.size() > 1 ? in[1] : sample_targets(kind, in[0].shape()), {.epoch = epoch}); });
}

void add_loss(RecordList& list, const std::string& variant, const std::string& specification, int epoch = 0) {
    add_loss(list, variant, LossPtr(losses::make(specification, Reduction::none)), epoch);
}

void add_weighted_cross_entropy(RecordList& list, const std::string& variant, double smoothing, Reduction reduction) {
    add_loss(list, variant,
             std::make_shared<losses::CrossEntropy>(losses::CrossEntropyOptions{.smoothing = smoothing, .class_weights = class_weights_of(5)}, reduction));
}

void add_binary_variants(RecordList& list) {
    add_loss(list, "gamma 0.3", "wan:gamma=0.3");
    // Small whole powers are products, and each is compiled on its own.
    for (const char* gamma : {"0", "1", "3", "4", "2.5"}) add_loss(list, std::string("gamma ") + gamma, std::string("focal:gamma=") + gamma);
    add_loss(list, "gamma_pos 0", "asl:gamma_pos=0");
    add_loss(list, "gamma_pos 0.5, gamma_neg 3.5", "asl:gamma_pos=0.5,gamma_neg=3.5");
    add_loss(list, "no clip", "asl:clip=0");
    add_loss(list, "gamma 1.5, margin 0.5", "focal_margin:gamma=1.5,margin=0.5");
    add_loss(list, "lambda 1.2, gamma 1.5, margin 0.5", "hill:lambda=1.2,gamma=1.5,margin=0.5");
    // Its weights are held constant; where they are the same for all elements, finite differences see the gradient that it has.
    add_loss(list, "even weights", "gr:w0=0,s0=1e9,sT=1e9");
    add_loss(list, "even weights, last epoch, q2 0.5, q3 0", "gr:w0=0,wT=0,s0=1e9,sT=1e9,bT=0.5,q2=0.5,q3=0", 7);
    add_loss(list, "with correction", "splc", 1);
    add_loss(list, "with correction, gamma 1.5, tau 0.4", "splc:gamma=1.5,tau=0.4", 1);
}

void add_row_variants(RecordList& list) {
    add_loss(list, "smoothing 0.1", "cross_entropy:smoothing=0.1");
    add_weighted_cross_entropy(list, "class weights", 0.0, Reduction::none);
    add_weighted_cross_entropy(list, "class weights, smoothing 0.1", 0.1, Reduction::none);
    add_weighted_cross_entropy(list, "class weights, smoothing 0.1, mean", 0.1, Reduction::mean);
    add_loss(list, "gamma 0.5, alpha 0.25", "softmax_focal:gamma=0.5,alpha=0.25");
    add_loss(list, "divided by K - 1", "cot_objective:divide_by_all=0");
    add_loss(list, "gamma 2", "cce:gamma=2");
    add_loss(list, "gamma 1, divided by K", "cce:gamma=1,divide_by_all=1");
    add_loss(list, "alpha 6, beta 0.1, log_zero -4", "sce:alpha=6,beta=0.1,log_zero=-4");
    add_loss(list, "beta 0.3", "bootstrapping:beta=0.3");
    add_loss(list, "hard", "bootstrapping:hard=1");
}

// Some settings leave hinges and mining aside, and so have smooth derivatives.
void add_metric_variants(RecordList& list) {
    add_loss(list, "soft", "triplet:soft=1,squared=1");
    add_loss(list, "margin -1", "contrastive:margin=-1");
    add_loss(list, "all pairs", "multi_similarity:alpha=1,beta=2,epsilon=100");
    add_loss(list, "near positives, far negatives", "anml:alpha=-1,beta=-2,sharpness=1,margin=0.1");
    add_loss(list, "means", "anml:alpha=0,beta=0");
}

void add_reductions(RecordList& list) {
    for (const char* name : {"bce", "cross_entropy", "epr", "kl_div", "anml"})
        for (const Reduction reduction : {Reduction::mean, Reduction::sum}) add_loss(list, to_string(reduction), LossPtr(losses::make(name, reduction)));
}

}  // namespace

std::vector<CheckRecord> loss_records() {
    RecordList list{"loss"};
    for (const losses::LossInfo& loss : losses::registry())
        if (loss.name != "gr" && loss.name != "epr") add_loss(list, "", loss.name);  // these have records of their own
    add_binary_variants(list);
    add_row_variants(list);
    add_metric_variants(list);
    add_reductions(list);
    return list.take();
}

}  // namespace knoll::apps
