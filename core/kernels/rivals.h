// Rows of logits, each with a class of its own: what its rivals, all other classes, amount to. With z_k the logits of a row and
// P = softmax of the rivals alone, a loss of a single label is a function of two numbers,
//
//     opposing = log(sum over rivals of exp(z_k)) - z_own        and        entropy = -sum over rivals of P_k log P_k,
//
// whose derivatives by a rival's logit are P_k and -P_k (log P_k + entropy); by the row's own logit they are -1 and 0.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// Logits [count, classes], and the class of each row.
template <class T>
struct RivalRows {
    const T* logits;
    const std::int64_t* own;
    std::int64_t count;
    std::int64_t classes;
    bool with_entropy;  ///< otherwise entropy and moment are left without meaning
};

/// One of each for every row. What stands between the two numbers and their derivatives is kept.
struct RivalStatistics {
    double* opposing;
    double* entropy;
    double* largest;  ///< logit of a rival
    double* total;    ///< sum of exp(z - largest)
    double* moment;   ///< mean of z - largest under P
};

/// Leaves exp(z - largest) in exps [count, classes], 0 for the own class.
template <class T>
void rival_statistics(const RivalRows<T>& rows, const RivalStatistics& statistics, T* exps);

/// The gradient of a loss by the logits, from its derivatives by opposing and by entropy, one each for every row; it overwrites exps.
template <class T>
void rival_gradient(const RivalRows<T>& rows, const RivalStatistics& statistics, const double* by_opposing, const double* by_entropy, T* exps);

/// margins[r] = sum over k of weights_k (z_own - z_k).
template <class T>
void weighted_margins(const RivalRows<T>& rows, const T* weights, double* margins);
/// Adds what a loss owes to them, from its derivatives by each; total is the sum of the weights.
template <class T>
void add_margin_gradient(const RivalRows<T>& rows, const T* weights, double total, const double* by_margin, T* gradient);

}  // namespace knoll::kernels
