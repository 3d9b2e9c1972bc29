// How well embeddings find their like: every example is a query in turn, all others are ranked by distance from it. Of equal distances
// every order counts alike, so that of the set decides nothing. Queries without another example of their class are left out.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <vector>

namespace knoll::metrics {

struct RetrievalScores {
    double recall_at_1 = 0;  ///< share of queries whose nearest other example is of their class; of several equally near the share that is
    double map_at_r = 0;     ///< mean average precision at R, see below
    std::vector<double> recall_per_class;
    std::vector<double> map_per_class;  ///< in the order of the classes in `classes`
    std::vector<std::int64_t> classes;  ///< that have two examples or more, ascending
};

/// Embeddings [N, D] of f32 or f64, labels i64 [N]. MAP@R (Musgrave et al. 2020, arXiv 2003.08505) of a query with R others of its class is
/// (1/R) sum over ranks i = 1..R of (the precision among the first i, where the example at rank i is of the class; else 0): 1 if the R
/// nearest are all its class. Among equal distances it is the mean over all their orders, in closed form: where s examples, h of them of the
/// class, are nearer than a group of n with p of the class, place i = 1..n of the group adds p/n (h + 1 + (i-1) (p-1)/(n-1)) / (s + i) to the
/// sum as long as s + i <= R (McSherry and Najork, ECIR 2008). Throws ShapeError, DTypeError, ValueError on NaN or where no class has two examples.
RetrievalScores retrieval_scores(const Tensor& embeddings, const Tensor& labels);

/// The indices of the `count` nearest other examples of each query, nearest first, equally near ones in the order of the set: i64 [queries, count]. Throws
/// ValueError on a count that is not in 1..N-1, IndexError on a query out of range.
Tensor nearest_neighbours(const Tensor& embeddings, const std::vector<std::int64_t>& queries, std::int64_t count);

}  // namespace knoll::metrics
