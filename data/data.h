// Data sets: readers of real formats, synthetic sets, what spoils labels, strategies of active learning, transforms, the loader and metrics.
#pragma once

#include <knoll/data/active/core_set.h>
#include <knoll/data/active/least_disagree.h>
#include <knoll/data/active/seeding.h>
#include <knoll/data/active/uncertainty.h>
#include <knoll/data/dataset.h>
#include <knoll/data/loader/episode_sampler.h>
#include <knoll/data/loader/loader.h>
#include <knoll/data/loader/sampler.h>
#include <knoll/data/loader/transform.h>
#include <knoll/data/loader/view.h>
#include <knoll/data/metrics/accuracy.h>
#include <knoll/data/metrics/multi_label.h>
#include <knoll/data/metrics/ranking.h>
#include <knoll/data/metrics/retrieval.h>
#include <knoll/data/readers/arff.h>
#include <knoll/data/readers/cifar.h>
#include <knoll/data/readers/idx.h>
#include <knoll/data/readers/npy.h>
#include <knoll/data/spoil/corrupt_images.h>
#include <knoll/data/spoil/drop_labels.h>
#include <knoll/data/spoil/imbalance.h>
#include <knoll/data/spoil/label_noise.h>
#include <knoll/data/spoil/long_tail.h>
#include <knoll/data/synthetic/scenes.h>
#include <knoll/data/synthetic/shapes.h>
