#include <knoll/data/metrics/retrieval.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/shape.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace knoll::metrics {

namespace {

constexpr std::int64_t queries_at_a_time = 250;

using Neighbours = std::vector<std::pair<double, std::int64_t>>;  // distances and indices

void check_embeddings(const char* op, const Tensor& embeddings) {
    require<DTypeError>(is_floating(embeddings.dtype()), "[", op, "] expected embeddings of f32 or f64, got ", embeddings.dtype());
    require<ShapeError>(embeddings.rank() == 2 && embeddings.numel() > 0, "[", op, "] expected embeddings [N, D] of at least one row, got shape ",
                        embeddings.shape());
    visit_floating(op, embeddings.dtype(), [&](auto zero) {
        for (const auto value : embeddings.data<decltype(zero)>())
            require<ValueError>(std::isfinite(value), "[", op, "] expected embeddings that are finite numbers, got ", value);
    });
}

// The `count` nearest of all but the query, in order.
Neighbours nearest(const Tensor& distances, std::int64_t row, std::int64_t query, std::size_t count) {
    Neighbours ranked;
    visit_floating("retrieval", distances.dtype(), [&](auto zero) {
        const auto all = distances.data<decltype(zero)>();
        const std::int64_t others = distances.size(1);
        ranked.reserve(static_cast<std::size_t>(others));
        for (std::int64_t i = 0; i < others; ++i)
            if (i != query) ranked.emplace_back(static_cast<double>(all[static_cast<std::size_t>(row * others + i)]), i);
    });
    const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(count);
    if (end != ranked.end()) std::nth_element(ranked.begin(), end, ranked.end());
    std::sort(ranked.begin(), end);
    ranked.erase(end, ranked.end());
    return ranked;
}

double average_precision(const std::vector<bool>& is_alike) {
    double hits = 0, sum = 0;
    for (std::size_t i = 0; i < is_alike.size(); ++i) {
        if (!is_alike[i]) continue;
        hits += 1;
        sum += hits / static_cast<double>(i + 1);
    }
    return sum / static_cast<double>(is_alike.size());
}

struct ClassScores {
    std::int64_t examples = 0;
    double first = 0;
    double precision = 0;
};

// Calls visit(query, row, distances) for every query: row of the distances [some queries, N].
template <class Visit>
void for_each_query(const Tensor& embeddings, const Visit& visit) {
    const NoGrad no_grad;
    const std::int64_t count = embeddings.size(0);
    for (std::int64_t begin = 0; begin < count; begin += queries_at_a_time) {
        const std::int64_t end = std::min(begin + queries_at_a_time, count);
        const Tensor distances = pairwise_squared_distances(slice(embeddings, 0, begin, end), embeddings);
        for (std::int64_t query = begin; query < end; ++query) visit(query, query - begin, distances);
    }
}

}  // namespace

RetrievalScores retrieval_scores(const Tensor& embeddings, const Tensor& labels) {
    check_embeddings("retrieval_scores", embeddings);
    require<ShapeError>(labels.shape() == Shape{embeddings.size(0)}, "[retrieval_scores] expected labels ", Shape{embeddings.size(0)}, ", got shape ",
                        labels.shape());
    const auto classes = labels.data<std::int64_t>();
    std::map<std::int64_t, ClassScores> scores;
    for (const std::int64_t label : classes) ++scores[label].examples;
    for_each_query(embeddings, [&](std::int64_t query, std::int64_t row, const Tensor& distances) {
        ClassScores& own = scores[classes[static_cast<std::size_t>(query)]];
        if (own.examples < 2) return;
        std::vector<bool> is_alike;
        for (const auto& found : nearest(distances, row, query, static_cast<std::size_t>(own.examples - 1)))
            is_alike.push_back(classes[static_cast<std::size_t>(found.second)] == classes[static_cast<std::size_t>(query)]);
        own.first += is_alike.front() ? 1 : 0;
        own.precision += average_precision(is_alike);
    });

    RetrievalScores result;
    double queries = 0;
    for (const auto& [label, own] : scores) {
        if (own.examples < 2) continue;
        const auto count = static_cast<double>(own.examples);
        queries += count;
        result.recall_at_1 += own.first;
        result.map_at_r += own.precision;
        result.classes.push_back(label);
        result.recall_per_class.push_back(own.first / count);
        result.map_per_class.push_back(own.precision / count);
    }
    require<ValueError>(queries > 0, "[retrieval_scores] expected a class with at least two examples, got none");
    result.recall_at_1 /= queries;
    result.map_at_r /= queries;
    return result;
}

Tensor nearest_neighbours(const Tensor& embeddings, const std::vector<std::int64_t>& queries, std::int64_t count) {
    check_embeddings("nearest_neighbours", embeddings);
    require<ValueError>(count >= 1 && count < embeddings.size(0), "[nearest_neighbours] expected a count in 1..", embeddings.size(0) - 1, ", got ", count);
    const NoGrad no_grad;
    Tensor found = empty({static_cast<std::int64_t>(queries.size()), count}, DType::i64);
    auto* into = found.fresh_data<std::int64_t>();
    for (const std::int64_t query : queries) {
        require<IndexError>(query >= 0 && query < embeddings.size(0), "[nearest_neighbours] expected queries in 0..", embeddings.size(0) - 1, ", got ", query);
        const Tensor distances = pairwise_squared_distances(slice(embeddings, 0, query, query + 1), embeddings);
        for (const auto& neighbour : nearest(distances, 0, query, static_cast<std::size_t>(count))) *into++ = neighbour.second;
    }
    return found;
}

}  // namespace knoll::metrics
