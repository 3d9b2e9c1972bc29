#include <knoll/apps/training/models.h>

#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/error.h>
#include <knoll/nn/models/models.h>

#include <algorithm>

namespace knoll::apps {

namespace {

// Images are flattened, so that they need not be square.
nn::Sequential make_mlp(const data::Dataset& set, std::int64_t outputs) {
    return nn::models::mlp({.channels = set.example_shape().numel(), .size = 1, .classes = outputs});
}

}  // namespace

const std::vector<std::string>& model_names() {
    static const std::vector<std::string> names{"small_cnn", "mlp", "lenet5", "resnet20"};
    return names;
}

bool has_batch_norm(const std::string& model) { return model == "small_cnn" || model == "resnet20"; }

std::string model_name(const std::optional<std::string>& given, const data::Dataset& set) { return given.value_or(set.has_images() ? "small_cnn" : "mlp"); }

nn::Sequential make_named_model(const std::string& name, const data::Dataset& set, std::optional<std::int64_t> outputs) {
    const std::int64_t width = outputs.value_or(set.classes());
    if (name == "mlp") return make_mlp(set, width);
    const std::vector<std::string>& names = model_names();
    require<ValueError>(std::find(names.begin(), names.end(), name) != names.end(), "[model] expected the name of a model, got ", name,
                        suggestion(name, names));
    require<ValueError>(set.has_images(), "[model] expected images for ", name, ", got features of shape ", set.example_shape(), "; use --model mlp");
    require<ValueError>(set.height() == set.width(), "[model] expected square images for ", name, ", got ", set.height(), "x", set.width(),
                        "; use --model mlp");
    const nn::models::ModelOptions options{.channels = set.channels(), .size = set.size(), .classes = width};
    if (name == "lenet5") return nn::models::lenet5(options);
    return name == "resnet20" ? nn::models::resnet20(options) : nn::models::small_cnn(options);
}

}  // namespace knoll::apps
