// What is known of each op, layer and loss besides its derivatives: a reference value for every record of `knoll gradcheck`, further
// inputs that it must take, and calls that it must refuse. Generic tests beside this file go over all of it.
#pragma once

#include "records/naive.h"

#include <knoll/apps/gradcheck/record.h>

#include <functional>
#include <string>
#include <vector>

namespace knoll::records {

using Inputs = std::vector<Tensor>;

struct Expectation {
    std::string subject, variant;
    TensorsFunction function = {};  ///< the record's, or one given here for what has no gradient
    Inputs inputs = {};             ///< the record's, f64 and i64
    Reference reference = {};
    std::vector<Inputs> further = {};  ///< empty, of size 1, of odd and of many dimensions, broadcast: whatever is legal
    int smooth_order = 3;              ///< derivatives up to this one exist at all inputs and are continuous
    bool may_vanish = false;           ///< gradients at further inputs may be zero everywhere
    bool finite_only = false;          ///< says nothing of infinities and NaN among the inputs

    std::string name() const { return variant.empty() ? subject : subject + ", " + variant; }

    Expectation& also(std::vector<Inputs> more) {
        further.insert(further.end(), more.begin(), more.end());
        return *this;
    }
};

struct Refusal {
    std::string subject;
    std::function<void()> call;
    std::string text;  ///< part of the error's
};

/// Why a subject has no reference value (it draws numbers) or refuses nothing.
struct Exemption {
    std::string subject, reason;
};

class Expectations {
public:
    Expectations();  ///< everything that is expected

    const std::vector<Expectation>& all() const { return all_; }
    const std::vector<Refusal>& refusals() const { return refusals_; }
    const std::vector<Exemption>& without_reference() const { return without_reference_; }
    const std::vector<Exemption>& without_refusal() const { return without_refusal_; }

    /// The value of a record of `knoll gradcheck`, found by its names.
    Expectation& value(const std::string& subject, const std::string& variant, Reference reference);
    /// The value of something that has no gradient.
    Expectation& value_of(const std::string& subject, const std::string& variant, Inputs inputs, TensorsFunction function, Reference reference);
    void no_reference(const std::string& subject, const std::string& reason) { without_reference_.push_back({subject, reason}); }
    /// A call that must throw a knoll::Error whose text contains this.
    void refuse(const std::string& subject, std::function<void()> call, const std::string& text) { refusals_.push_back({subject, std::move(call), text}); }
    void refuses_nothing(const std::string& subject, const std::string& reason) { without_refusal_.push_back({subject, reason}); }

private:
    std::vector<apps::CheckRecord> records_;
    std::vector<Expectation> all_;
    std::vector<Refusal> refusals_;
    std::vector<Exemption> without_reference_, without_refusal_;
};

const Expectations& expectations();

/// One input of each shape.
std::vector<Inputs> inputs_of(const std::vector<Shape>& shapes, Tensor (*input)(const Shape&, std::uint64_t) = apps::normal_input);
/// Two inputs of each pair of shapes.
std::vector<Inputs> pairs_of(const std::vector<std::pair<Shape, Shape>>& shapes, Tensor (*input)(const Shape&, std::uint64_t) = apps::normal_input);
/// One input of each shape that makes trouble: a scalar, one element, none, odd, larger than a vector register, seven dimensions.
std::vector<Inputs> odd_shapes(Tensor (*input)(const Shape&, std::uint64_t));
/// Two inputs each, broadcast on either side and both, empty and scalar.
std::vector<Inputs> odd_pairs(Tensor (*input)(const Shape&, std::uint64_t));

void expect_elementwise(Expectations& book);
void expect_binary(Expectations& book);
void expect_reductions(Expectations& book);
void expect_lines(Expectations& book);
void expect_shapes(Expectations& book);
void refuse_shapes(Expectations& book);
void expect_windows(Expectations& book);
void expect_indices(Expectations& book);
void expect_products(Expectations& book);
void refuse_products(Expectations& book);
void expect_images(Expectations& book);
void expect_random(Expectations& book);
void expect_layers(Expectations& book);
void expect_losses(Expectations& book);

}  // namespace knoll::records
