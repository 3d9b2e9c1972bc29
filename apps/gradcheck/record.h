// What `knoll gradcheck` checks: one record per op, layer and loss, and per setting that takes a path of its own.
#pragma once

#include <knoll/core/autograd.h>
#include <knoll/losses/loss.h>

#include <string>
#include <vector>

namespace knoll::apps {

struct CheckRecord {
    std::string kind;     ///< op, layer or loss
    std::string subject;  ///< its name in the headers
    std::string variant;  ///< the setting, if there are several
    TensorsFunction function = {};
    std::vector<Tensor> inputs = {};  ///< f64 are differentiated; integers are passed on as they are
    std::string no_gradient = {};     ///< why there is nothing to check; empty: there is

    std::string name() const { return variant.empty() ? subject : subject + ", " + variant; }
};

/// Collects records of one kind.
class RecordList {
public:
    explicit RecordList(std::string kind) : kind_(std::move(kind)) {}
    void add(const std::string& subject, const std::string& variant, std::vector<Tensor> inputs, TensorsFunction function) {
        records_.push_back({kind_, subject, variant, std::move(function), std::move(inputs)});
    }
    void add_without_gradient(const std::string& subject, const std::string& reason) { records_.push_back({kind_, subject, "", {}, {}, reason}); }
    void append(std::vector<CheckRecord> others) { records_.insert(records_.end(), others.begin(), others.end()); }
    std::vector<CheckRecord> take() { return std::move(records_); }

private:
    std::string kind_;
    std::vector<CheckRecord> records_;
};

// Inputs, f64, the same every time.

/// Normal numbers.
Tensor normal_input(const Shape& shape, std::uint64_t seed = 1);
/// Uniform in [0.5, 1.5).
Tensor positive_input(const Shape& shape, std::uint64_t seed = 1);
/// Normal numbers moved at least 0.1 away from 0, where many functions have a kink.
Tensor nonzero_input(const Shape& shape, std::uint64_t seed = 1);
/// Multiples of 0.3 around 0 in random order: no two closer than finite differences can tell apart.
Tensor distinct_input(const Shape& shape, std::uint64_t seed = 1);
/// Indices below bound.
Tensor index_input(const Shape& shape, std::int64_t bound, std::uint64_t seed = 1);
/// Targets of a kind for logits of a shape: integers if classes or labels, else f64.
Tensor sample_targets(losses::TargetKind kind, const Shape& shape);
/// What the records with class weights weigh classes by.
Tensor class_weights_of(std::int64_t classes);

std::vector<CheckRecord> elementwise_records();
std::vector<CheckRecord> binary_records();
std::vector<CheckRecord> reduction_records();
std::vector<CheckRecord> shape_records();
std::vector<CheckRecord> index_records();
std::vector<CheckRecord> product_records();
std::vector<CheckRecord> image_records();
std::vector<CheckRecord> random_records();
std::vector<CheckRecord> layer_records();
std::vector<CheckRecord> loss_records();

/// All of them.
std::vector<CheckRecord> check_records();

}  // namespace knoll::apps
