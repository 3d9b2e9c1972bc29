// --model.
#pragma once

#include <knoll/data/dataset.h>
#include <knoll/nn/sequential.h>

#include <optional>
#include <string>
#include <vector>

namespace knoll::apps {

const std::vector<std::string>& model_names();

/// True if the model has batch norm, with which it bears larger learning rates.
bool has_batch_norm(const std::string& model);

/// The model's name: as given, or the first that fits the data (small_cnn for images, mlp otherwise).
std::string model_name(const std::optional<std::string>& given, const data::Dataset& set);

/// Without weights; as many outputs as the set has classes, unless given. Throws ValueError on an unknown name, or a model for images where there are none.
nn::Sequential make_named_model(const std::string& name, const data::Dataset& set, std::optional<std::int64_t> outputs = {});

}  // namespace knoll::apps
