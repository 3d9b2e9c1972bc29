// Losses as their papers write them, in long double, whose range is so wide that nothing in them over- or underflows, with their first
// two derivatives along a direction: what the losses are tested against where careless arithmetic gives infinity or NaN.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace knoll::reference {

// A number with its first and second derivative along one direction.
struct Jet {
    long double value = 0, first = 0, second = 0;
};
inline Jet operator+(const Jet& a, const Jet& b) { return {a.value + b.value, a.first + b.first, a.second + b.second}; }
inline Jet operator*(const Jet& a, const Jet& b) {
    return {a.value * b.value, a.first * b.value + a.value * b.first, a.second * b.value + 2 * a.first * b.first + a.value * b.second};
}
inline Jet constant(long double value) { return {value, 0, 0}; }
inline Jet operator*(long double factor, const Jet& a) { return constant(factor) * a; }
inline Jet operator+(long double term, const Jet& a) { return constant(term) + a; }
inline Jet operator-(const Jet& a) { return -1.0L * a; }
inline Jet operator-(const Jet& a, const Jet& b) { return a + -b; }
// f(a), from f and its derivatives at a.value.
inline Jet chain(const Jet& a, long double f, long double first, long double second) {
    return {f, first * a.first, first * a.second + second * a.first * a.first};
}

inline long double sigmoid_of(long double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline Jet softplus(const Jet& a) {
    const long double p = sigmoid_of(a.value), q = sigmoid_of(-a.value);
    return chain(a, std::max(a.value, 0.0L) + std::log1p(std::exp(-std::abs(a.value))), p, p * q);
}
inline Jet sigmoid(const Jet& a) {
    const long double p = sigmoid_of(a.value), q = sigmoid_of(-a.value);
    return chain(a, p, p * q, p * q * (q - p));
}
inline Jet exp(const Jet& a) {
    const long double e = std::exp(a.value);
    return chain(a, e, e, e);
}
inline Jet log(const Jet& a) { return chain(a, std::log(a.value), 1 / a.value, -1 / (a.value * a.value)); }
inline Jet power(const Jet& a, long double n) {
    if (n == 0) return constant(1);
    return chain(a, std::pow(a.value, n), n * std::pow(a.value, n - 1), n == 1 ? 0 : n * (n - 1) * std::pow(a.value, n - 2));
}

// Elementwise: of a logit and its target.

using ElementFormula = std::function<Jet(const Jet& z, bool positive)>;

// -(1 - q)^gamma log q, q being the probability of the label, u the logit against it.
inline Jet focal(const Jet& u, long double gamma) { return exp(-gamma * softplus(-u)) * softplus(u); }
inline Jet held(const Jet& a) { return constant(a.value); }

inline Jet asl(const Jet& z, bool positive, long double gamma_neg, long double clip) {
    if (positive) return focal(-z, 1);
    const Jet excess = -clip + sigmoid(z);
    return excess.value > 0 ? -(power(excess, gamma_neg) * log(clip + sigmoid(-z))) : Jet{};
}

// (1 - q^a) / a, q being the probability of the label.
inline Jet generalized(const Jet& u, long double a) {
    if (a == 0) return softplus(u);
    const Jet y = a * softplus(u);
    const long double e = std::exp(-y.value);
    return (1 / a) * chain(y, -std::expm1(-y.value), e, -e);
}

inline Jet gr(const Jet& z, bool positive, long double w, long double b, long double q2, long double q3) {
    if (positive) return softplus(-z);
    // In the second of eight epochs: mu has gone two eighths of its way, and w and b one.
    const long double p = sigmoid_of(z.value), distance = (p - (0.5L + 0.3L / 4)) / (2 - 1.5L / 4);
    const long double evidence = w * p + b;
    const Jet blend = sigmoid_of(evidence) * generalized(-z, q2) + sigmoid_of(-evidence) * generalized(z, q3);
    return std::exp(-0.5L * distance * distance) * blend;
}

inline std::map<std::string, ElementFormula> element_formulas() {
    const auto against = [](const Jet& z, bool positive, long double margin = 0) { return positive ? margin + -z : z; };
    const auto focal_margin = [=](const Jet& z, bool y) { return focal(against(z, y, 1), 2); };
    const auto distance = [](const Jet& z, bool y) { return (y ? -1.0L : 0.0L) + z; };
    const auto size = [=](const Jet& z, bool y) {
        const Jet d = distance(z, y);
        return chain(d, std::abs(d.value), d.value > 0 ? 1 : d.value < 0 ? -1 : 0, 0);
    };
    return {
        {"bce", [=](const Jet& z, bool y) { return softplus(against(z, y)); }},
        {"wan", [=](const Jet& z, bool y) { return softplus(against(z, y)); }},  // of two classes
        {"bce_ls", [=](const Jet& z, bool y) { return 0.9L * softplus(against(z, y)) + 0.1L * softplus(-against(z, y)); }},
        {"focal", [=](const Jet& z, bool y) { return focal(against(z, y), 2); }},
        {"focal:detach=1", [=](const Jet& z, bool y) { return held(exp(-2 * softplus(-against(z, y)))) * softplus(against(z, y)); }},
        {"focal:gamma=0.5", [=](const Jet& z, bool y) { return focal(against(z, y), 0.5L); }},
        {"asl", [](const Jet& z, bool y) { return asl(z, y, 4, 0.05); }},
        {"asl:gamma_neg=1.5", [](const Jet& z, bool y) { return asl(z, y, 1.5L, 0.05); }},
        {"asl:clip=0", [=](const Jet& z, bool y) { return y ? focal(-z, 1) : focal(z, 4); }},
        {"focal_margin", focal_margin},
        {"hill", [=](const Jet& z, bool y) { return y ? focal_margin(z, y) : (1.5L + -sigmoid(z)) * sigmoid(z) * sigmoid(z); }},
        {"splc", [=](const Jet& z, bool y) { return !y && sigmoid_of(z.value) > 0.6L ? focal(-z, 2) : focal_margin(z, y); }},
        {"gr", [](const Jet& z, bool y) { return gr(z, y, 0.25L, -2, 0.01L, 1); }},
        {"gr:q2=0,q3=0", [](const Jet& z, bool y) { return gr(z, y, 0.25L, -2, 0, 0); }},
        {"hinge",
         [](const Jet& z, bool y) {
             const Jet slack = 1 + (y ? -z : z);
             return slack.value > 0 ? slack : Jet{};
         }},
        {"mse", [=](const Jet& z, bool y) { return distance(z, y) * distance(z, y); }},
        {"mae", size},
        {"huber", [=](const Jet& z, bool y) { return size(z, y).value <= 1 ? 0.5L * distance(z, y) * distance(z, y) : -0.5L + size(z, y); }},
    };
}

// Of a row and its target: probabilities, one of them 1 where that is a class.

using Jets = std::vector<Jet>;
using RowFormula = std::function<Jet(const Jets& z, const std::vector<double>& target)>;

// Minus a constant, so that small differences between large numbers are not lost.
inline Jets shifted(Jets z, long double by) {
    for (Jet& one : z) one = -by + one;
    return z;
}
inline long double largest_of(const Jets& z) {
    long double largest = z[0].value;
    for (const Jet& one : z) largest = std::max(largest, one.value);
    return largest;
}
inline Jet log_sum_exp(const Jets& z) {
    const long double largest = largest_of(z);
    Jet total;
    for (const Jet& one : shifted(z, largest)) total = total + exp(one);
    return largest + log(total);
}
// log(sum of exp(z)) - own.
inline Jet log_sum_over(const Jets& z, const Jet& own) {
    const long double largest = largest_of(z);
    return (largest - own.value) + log_sum_exp(shifted(z, largest)) - (-own.value + own);
}

inline std::size_t class_of(const std::vector<double>& target) {
    return static_cast<std::size_t>(std::max_element(target.begin(), target.end()) - target.begin());
}
inline Jets rivals_of(Jets z, const std::vector<double>& target) {
    z.erase(z.begin() + static_cast<std::ptrdiff_t>(class_of(target)));
    return z;
}
inline Jet opposing(const Jets& z, const std::vector<double>& target) { return log_sum_over(rivals_of(z, target), z[class_of(target)]); }
inline Jet entropy(const Jets& z, const std::vector<double>& target) {
    Jets rivals = rivals_of(z, target);
    rivals = shifted(rivals, largest_of(rivals));
    const Jet total = log_sum_exp(rivals);
    Jet result;
    for (const Jet& one : rivals) result = result - exp(one - total) * (one - total);
    return result;
}

inline std::map<std::string, RowFormula> row_formulas() {
    const auto cross_entropy = [](const Jets& z, const auto& t) { return softplus(opposing(z, t)); };
    return {
        {"cross_entropy", cross_entropy},
        {"cross_entropy:smoothing=0.1",
         [](const Jets& z, const auto& t) {
             Jet result;
             for (std::size_t k = 0; k < z.size(); ++k) result = result + (0.9L * t[k] + 0.1L / z.size()) * log_sum_over(z, z[k]);
             return result;
         }},
        {"softmax_focal", [](const Jets& z, const auto& t) { return focal(opposing(z, t), 2); }},
        {"softmax_focal:gamma=0.5", [](const Jets& z, const auto& t) { return focal(opposing(z, t), 0.5L); }},
        {"complement_entropy", entropy},
        {"cot_objective", [](const Jets& z, const auto& t) { return (-1.0L / z.size()) * entropy(z, t); }},
        {"cce", [=](const Jets& z, const auto& t) { return cross_entropy(z, t) - (1.0L / (z.size() - 1)) * entropy(z, t); }},
        {"sce", [=](const Jets& z, const auto& t) { return 0.1L * cross_entropy(z, t) + 6.0L * sigmoid(opposing(z, t)); }},
        {"bootstrapping",
         [](const Jets& z, const auto& t) {
             Jet result;
             for (std::size_t k = 0; k < z.size(); ++k) {
                 const Jet surprise = log_sum_over(z, z[k]);
                 result = result + (0.95L * t[k] + 0.05L * exp(-surprise)) * surprise;
             }
             return result;
         }},
        {"bootstrapping:hard=1",
         [](const Jets& z, const auto& t) {
             std::size_t best = 0;
             for (std::size_t k = 1; k < z.size(); ++k)
                 if (z[k].value > z[best].value) best = k;
             Jet result;
             for (std::size_t k = 0; k < z.size(); ++k) result = result + (0.8L * t[k] + (k == best ? 0.2L : 0.0L)) * log_sum_over(z, z[k]);
             return result;
         }},
        {"kl_div",
         [](const Jets& z, const auto& t) {
             Jet result;
             for (std::size_t k = 0; k < z.size(); ++k)
                 if (t[k] > 0) result = result + t[k] * (std::log(static_cast<long double>(t[k])) + log_sum_over(z, z[k]));
             return result;
         }},
    };
}

}  // namespace knoll::reference
