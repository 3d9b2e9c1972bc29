#include <knoll/data/metrics/retrieval.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/scale.h>
#include <knoll/core/ops/shape.h>

#include <algorithm>
#include <cmath>
#include <iterator>
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

// All but the query, in no order.
Neighbours others_of(const Tensor& distances, std::int64_t row, std::int64_t query) {
    Neighbours others;
    visit_floating("retrieval", distances.dtype(), [&](auto zero) {
        const auto all = distances.data<decltype(zero)>();
        const std::int64_t count = distances.size(1);
        others.reserve(static_cast<std::size_t>(count));
        for (std::int64_t i = 0; i < count; ++i)
            if (i != query) others.emplace_back(static_cast<double>(all[static_cast<std::size_t>(row * count + i)]), i);
    });
    return others;
}

// The `count` nearest of all but the query, in order.
Neighbours nearest(const Tensor& distances, std::int64_t row, std::int64_t query, std::size_t count) {
    Neighbours ranked = others_of(distances, row, query);
    const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(count);
    if (end != ranked.end()) std::nth_element(ranked.begin(), end, ranked.end());
    std::sort(ranked.begin(), end);
    ranked.erase(end, ranked.end());
    return ranked;
}

// Under a common scale, whose squares neither overflow nor vanish: that changes no order.
Tensor scaled(const Tensor& embeddings) { return embeddings.detach() / power_of_two_scale(embeddings, {}); }

// Examples at the same distance from the query, which share the ranks that they take up.
struct Tied {
    double count = 0, alike = 0;
};

// The groups that take up the first `count` ranks, the last of them whole; `count` is at least 1.
template <class IsAlike>
std::vector<Tied> nearest_groups(const Tensor& distances, std::int64_t row, std::int64_t query, std::size_t count, const IsAlike& is_alike) {
    Neighbours ranked = others_of(distances, row, query);
    const auto last = ranked.begin() + static_cast<std::ptrdiff_t>(count - 1);
    std::nth_element(ranked.begin(), last, ranked.end());
    const double farthest = last->first;
    ranked.erase(std::partition(last + 1, ranked.end(), [&](const auto& other) { return other.first == farthest; }), ranked.end());
    std::sort(ranked.begin(), ranked.end());
    std::vector<Tied> groups;
    for (auto neighbour = ranked.begin(); neighbour != ranked.end(); ++neighbour) {
        if (neighbour == ranked.begin() || neighbour->first != std::prev(neighbour)->first) groups.emplace_back();
        groups.back().count += 1;
        groups.back().alike += is_alike(neighbour->second) ? 1 : 0;
    }
    return groups;
}

// The expectation over all orders of what is tied. At place i of its group (from 1) an example is alike with the chance alike / count, and
// of the i-1 of its group before it (i-1) (alike-1) / (count-1) are then alike on average.
double average_precision(const std::vector<Tied>& groups, double ranks) {
    double before = 0, hits = 0, sum = 0;
    for (const Tied& group : groups) {
        const double slope = group.count > 1 ? (group.alike - 1) / (group.count - 1) : 0;
        for (double i = 1; i <= group.count && before + i <= ranks; ++i) sum += group.alike / group.count * (hits + 1 + (i - 1) * slope) / (before + i);
        before += group.count;
        hits += group.alike;
    }
    return sum / ranks;
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
    for_each_query(scaled(embeddings), [&](std::int64_t query, std::int64_t row, const Tensor& distances) {
        ClassScores& own = scores[classes[static_cast<std::size_t>(query)]];
        if (own.examples < 2) return;
        const std::int64_t own_class = classes[static_cast<std::size_t>(query)];
        const auto is_alike = [&](std::int64_t other) { return classes[static_cast<std::size_t>(other)] == own_class; };
        const std::vector<Tied> groups = nearest_groups(distances, row, query, static_cast<std::size_t>(own.examples - 1), is_alike);
        own.first += groups.front().alike / groups.front().count;
        own.precision += average_precision(groups, static_cast<double>(own.examples - 1));
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
    const Tensor rows = scaled(embeddings);
    Tensor found = empty({static_cast<std::int64_t>(queries.size()), count}, DType::i64);
    auto* into = found.fresh_data<std::int64_t>();
    for (const std::int64_t query : queries) {
        require<IndexError>(query >= 0 && query < embeddings.size(0), "[nearest_neighbours] expected queries in 0..", embeddings.size(0) - 1, ", got ", query);
        const Tensor distances = pairwise_squared_distances(slice(rows, 0, query, query + 1), rows);
        for (const auto& neighbour : nearest(distances, 0, query, static_cast<std::size_t>(count))) *into++ = neighbour.second;
    }
    return found;
}

}  // namespace knoll::metrics
