// A small-sample task: a classifier of its own, trained in a few steps on a few images, and judged on others. What is under test is
// not the classifier but the loss that it was trained with.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/data/loader/batch.h>
#include <knoll/data/loader/episode_sampler.h>
#include <knoll/nn/sequential.h>

#include <functional>

namespace knoll::apps {

struct SmallTask {
    std::int64_t ways = 0;
    Tensor images;   ///< [S, F] to train on
    Tensor labels;   ///< i64 [S] in 0 .. ways-1
    Tensor queries;  ///< [Q, F] to judge on
    Tensor answers;  ///< i64 [Q]
};

struct SmallTraining {
    int steps = 20;  ///< of gradient descent on all images to train on
    double learning_rate = 0.1;
    std::int64_t hidden = 32;  ///< units of the only hidden layer
};

/// Mean loss of logits [S, ways] against labels.
using SmallLoss = std::function<Tensor(const Tensor& logits, const Tensor& labels)>;

/// The task that an episode (data/loader/episode_sampler.h) holds. Its classes are numbered in the order in which they come. Images of even
/// height and width are halved by averaging, so that a small network suffices.
SmallTask make_small_task(const data::Batch& episode, const data::EpisodeOptions& options);

/// The share of queries that are answered rightly by a network with one hidden layer that begins with weights drawn from rng. 0 where
/// training with this loss does not stay finite.
double trained_accuracy(const SmallTask& task, const SmallLoss& loss, const SmallTraining& training, Rng rng);

}  // namespace knoll::apps
