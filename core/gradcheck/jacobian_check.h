// The comparison of a function's Jacobian J, row by row from backward passes, with its columns from central differences.
// Its two sides meet in numbers <upstream, J direction>: with unit vectors on both sides these are all entries of J, with
// random vectors they are a sample that no wrong entry is likely to escape.
#pragma once

#include <knoll/core/gradcheck.h>
#include <knoll/core/gradcheck/function.h>
#include <knoll/core/rng.h>

namespace knoll::gradcheck_detail {

/// A row of the Jacobian, or a combination of its rows.
struct Row {
    std::int64_t output;  ///< flat index; -1: a combination
    Numbers upstream;
    Numbers gradient;
};

/// An entry of the Jacobian, or of a combination of its rows, that is wrong.
struct Mismatch {
    std::size_t input;
    std::int64_t element;  ///< flat index within the input
    std::int64_t output;   ///< as in Row
    double analytic;
    double numeric;
    double excess;  ///< their distance as a multiple of what is tolerated; infinite where that is no number
};

/// Uniform in [-1.5, -0.5] and [0.5, 1.5]: none so small that what it multiplies would not count.
Numbers random_numbers(std::size_t count, Rng& rng);

class JacobianCheck {
public:
    JacobianCheck(const Function& f, const Tensors& inputs, const GradcheckOptions& options);

    /// Moves one element after another, or (random) all elements of an input together in random directions.
    void run(const std::vector<Row>& rows, bool random, Rng& rng);

    const std::vector<Mismatch>& mismatches() const { return mismatches_; }
    double worst() const { return worst_; }
    std::int64_t compared() const { return compared_; }

private:
    // Elements begin .. end of the point, all within one input, that move together, each at its own speed.
    struct Direction {
        std::size_t begin, end;
        const Numbers& speeds;
    };
    struct Derivatives {
        double analytic, numeric;
    };

    void check(const std::vector<Row>& rows, const Direction& direction);
    Numbers value_at(const Direction& direction, double time) const;
    Numbers difference(const Direction& direction) const;
    static Derivatives derivatives(const Row& row, const Direction& direction, const Numbers& column);
    double distance(const Row& row, const Direction& direction) const;
    Direction element_to_blame(const Row& row, Direction direction) const;
    double excess(const Derivatives& derivatives) const;
    void add_mismatch(const Row& row, const Direction& element);

    const Function& f_;
    const GradcheckOptions& options_;
    std::vector<Shape> shapes_;
    Numbers point_;       // all elements of all inputs
    Numbers unit_steps_;  // max(1, |x|) of each
    std::size_t input_ = 0, input_begin_ = 0;
    std::vector<Mismatch> mismatches_;
    double worst_ = 0;
    std::int64_t compared_ = 0;
};

}  // namespace knoll::gradcheck_detail
