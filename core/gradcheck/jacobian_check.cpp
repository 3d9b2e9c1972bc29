#include <knoll/core/gradcheck/jacobian_check.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace knoll::gradcheck_detail {

namespace {

constexpr int random_directions = 8;  // per input
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

Numbers random_numbers(std::size_t count, Rng& rng) {
    Numbers numbers(count);
    std::generate(numbers.begin(), numbers.end(), [&] {
        const double u = 2.0 * rng.uniform() - 1.0;
        return u < 0.0 ? u - 0.5 : u + 0.5;
    });
    return numbers;
}

JacobianCheck::JacobianCheck(const Function& f, const Tensors& inputs, const GradcheckOptions& options)
    : f_(f), options_(options), shapes_(shapes_of(inputs)), point_(flat(inputs)), unit_steps_(point_.size()) {
    std::transform(point_.begin(), point_.end(), unit_steps_.begin(), [](double x) { return std::max(1.0, std::abs(x)); });
}

void JacobianCheck::run(const std::vector<Row>& rows, bool random, Rng& rng) {
    input_begin_ = 0;
    for (input_ = 0; input_ < shapes_.size(); ++input_) {
        const std::size_t end = input_begin_ + static_cast<std::size_t>(shapes_[input_].numel());
        for (std::size_t i = input_begin_; !random && i < end; ++i) check(rows, {i, i + 1, unit_steps_});
        for (int i = 0; random && i < random_directions; ++i) {
            Numbers speeds = random_numbers(point_.size(), rng);
            std::transform(speeds.begin(), speeds.end(), unit_steps_.begin(), speeds.begin(), std::multiplies{});
            check(rows, {input_begin_, end, speeds});
        }
        input_begin_ = end;
    }
}

void JacobianCheck::check(const std::vector<Row>& rows, const Direction& direction) {
    if (direction.begin == direction.end) return;
    const Numbers column = difference(direction);
    bool failed = false;
    for (const Row& row : rows) {
        if (failed && row.output < 0) return;  // a combination repeats what is known
        const double ratio = excess(derivatives(row, direction, column));
        ++compared_;
        worst_ = std::max(worst_, ratio);
        if (ratio <= 1.0) continue;
        failed = true;
        add_mismatch(row, element_to_blame(row, direction));
    }
}

Numbers JacobianCheck::value_at(const Direction& direction, double time) const {
    Numbers moved = point_;
    for (std::size_t i = direction.begin; i < direction.end; ++i) moved[i] += time * direction.speeds[i];
    return flat(f_.call(as_leaves(unflat(moved, shapes_)), false));
}

Numbers JacobianCheck::difference(const Direction& direction) const {
    Numbers after = value_at(direction, options_.step);
    const Numbers before = value_at(direction, -options_.step);
    for (std::size_t i = 0; i < after.size(); ++i) after[i] = (after[i] - before[i]) / (2.0 * options_.step);
    return after;
}

JacobianCheck::Derivatives JacobianCheck::derivatives(const Row& row, const Direction& direction, const Numbers& column) {
    double analytic = 0.0;
    for (std::size_t i = direction.begin; i < direction.end; ++i) analytic += row.gradient[i] * direction.speeds[i];
    const double numeric = std::inner_product(row.upstream.begin(), row.upstream.end(), column.begin(), 0.0);
    const double speed = direction.end - direction.begin == 1 ? direction.speeds[direction.begin] : 1.0;
    return {analytic / speed, numeric / speed};
}

double JacobianCheck::distance(const Row& row, const Direction& direction) const {
    const auto [analytic, numeric] = derivatives(row, direction, difference(direction));
    const double apart = std::abs(analytic - numeric);
    return std::isnan(apart) ? infinity : apart;
}

// Of a direction that is wrong, one half is wrong too.
JacobianCheck::Direction JacobianCheck::element_to_blame(const Row& row, Direction direction) const {
    while (direction.end - direction.begin > 1) {
        const std::size_t middle = direction.begin + (direction.end - direction.begin) / 2;
        const bool left = distance(row, {direction.begin, middle, direction.speeds}) >= distance(row, {middle, direction.end, direction.speeds});
        (left ? direction.end : direction.begin) = middle;
    }
    return direction;
}

double JacobianCheck::excess(const Derivatives& derivatives) const {
    const double apart = std::abs(derivatives.analytic - derivatives.numeric);
    const double ratio = apart / (options_.absolute_tolerance + options_.relative_tolerance * std::abs(derivatives.numeric));
    return std::isnan(ratio) ? infinity : ratio;
}

void JacobianCheck::add_mismatch(const Row& row, const Direction& element) {
    const auto position = static_cast<std::int64_t>(element.begin - input_begin_);
    for (const Mismatch& known : mismatches_)
        if (known.input == input_ && known.element == position && known.output == row.output) return;
    const Derivatives found = derivatives(row, element, difference(element));
    mismatches_.push_back({input_, position, row.output, found.analytic, found.numeric, excess(found)});
}

}  // namespace knoll::gradcheck_detail
