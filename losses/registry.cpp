#include <knoll/core/nearest.h>
#include <knoll/losses/anml.h>
#include <knoll/losses/asl.h>
#include <knoll/losses/bce.h>
#include <knoll/losses/bce_ls.h>
#include <knoll/losses/bootstrapping.h>
#include <knoll/losses/cce.h>
#include <knoll/losses/complement_entropy.h>
#include <knoll/losses/contrastive.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/losses/epr.h>
#include <knoll/losses/focal.h>
#include <knoll/losses/focal_margin.h>
#include <knoll/losses/gr.h>
#include <knoll/losses/hill.h>
#include <knoll/losses/hinge.h>
#include <knoll/losses/huber.h>
#include <knoll/losses/kl_div.h>
#include <knoll/losses/mae.h>
#include <knoll/losses/mse.h>
#include <knoll/losses/multi_similarity.h>
#include <knoll/losses/registry.h>
#include <knoll/losses/sce.h>
#include <knoll/losses/softmax_focal.h>
#include <knoll/losses/splc.h>
#include <knoll/losses/triplet.h>
#include <knoll/losses/wan.h>

#include <algorithm>

namespace knoll::losses {

namespace {

struct Setting {
    std::string_view key;
    std::string_view value;
};

struct Entry {
    LossInfo info;
    std::unique_ptr<Loss> (*make)(const std::vector<Setting>& settings, Reduction reduction);
};

std::string joined(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return list;
}

// "did you mean X? " where a name is near.
std::string suggestion(std::string_view given, const std::vector<std::string>& names) {
    const std::string near = nearest(given, names);
    return near.empty() ? "" : "did you mean '" + near + "'? ";
}

template <class Options>
const Parameter<Options>& find_parameter(const Description<Options>& about, std::string_view key) {
    std::vector<std::string> names;
    for (const auto& parameter : about.parameters) {
        if (parameter.name == key) return parameter;
        names.emplace_back(parameter.name);
    }
    require<ValueError>(!names.empty(), "[", about.name, "] expected no parameters, got '", key, "'");
    fail<ValueError>("[", about.name, "] expected a parameter of the loss, got '", key, "'; ", suggestion(key, names), "it has ", joined(names));
}

template <class LossType>
std::unique_ptr<Loss> make_loss(const std::vector<Setting>& settings, Reduction reduction) {
    typename LossType::Options options;
    const auto about = LossType::Options::about();
    for (const auto& [key, text] : settings) {
        const auto& parameter = find_parameter(about, key);
        const double value = parse_parameter(about.name, key, text);
        check_parameter(about.name, parameter, value);
        parameter.write(options, value);
    }
    return std::make_unique<LossType>(options, reduction);
}

template <class LossType>
Entry entry() {
    using Options = typename LossType::Options;
    const auto about = Options::about();
    LossInfo info{std::string(about.name), about.targets, std::string(about.meaning), std::string(about.paper), {}, about.of_batch};
    for (const auto& parameter : about.parameters) {
        std::string value = parameter.default_text.empty() ? text(parameter.read(Options{})) : std::string(parameter.default_text);
        info.parameters.push_back({std::string(parameter.name), std::move(value), to_string(parameter.range), std::string(parameter.meaning)});
    }
    return {std::move(info), make_loss<LossType>};
}

const std::vector<Entry>& entries() {
    static const std::vector<Entry> all = {
        entry<Bce>(),
        entry<Wan>(),
        entry<BceLs>(),
        entry<Focal>(),
        entry<Asl>(),
        entry<FocalMargin>(),
        entry<Hill>(),
        entry<Splc>(),
        entry<Gr>(),
        entry<Epr>(),
        entry<Hinge>(),
        entry<Mse>(),
        entry<Mae>(),
        entry<Huber>(),
        entry<CrossEntropy>(),
        entry<SoftmaxFocal>(),
        entry<ComplementEntropy>(),
        entry<CotObjective>(),
        entry<Cce>(),
        entry<KlDiv>(),
        entry<Sce>(),
        entry<Bootstrapping>(),
        entry<Triplet>(),
        entry<Contrastive>(),
        entry<MultiSimilarity>(),
        entry<Anml>(),
    };
    return all;
}

const Entry& find_loss(std::string_view name) {
    std::vector<std::string> names;
    for (const Entry& entry : entries()) {
        if (entry.info.name == name) return entry;
        names.push_back(entry.info.name);
    }
    fail<ValueError>("[losses] expected the name of a loss, got '", name, "'; ", suggestion(name, names), "there are ", joined(names));
}

std::vector<Setting> parse_settings(std::string_view specification, std::string_view list) {
    std::vector<Setting> settings;
    while (!list.empty()) {
        const std::string_view part = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), part.size() + 1));
        const std::size_t equals = part.find('=');
        require<ValueError>(equals != std::string_view::npos && equals > 0, "[losses] expected NAME:KEY=VALUE,KEY=VALUE, got '", specification, "'");
        const Setting setting{part.substr(0, equals), part.substr(equals + 1)};
        for (const Setting& earlier : settings)
            require<ValueError>(earlier.key != setting.key, "[losses] expected every parameter once, got '", setting.key, "' twice in '", specification, "'");
        settings.push_back(setting);
    }
    return settings;
}

}  // namespace

const std::vector<LossInfo>& registry() {
    static const std::vector<LossInfo> all = [] {
        std::vector<LossInfo> infos;
        for (const Entry& entry : entries()) infos.push_back(entry.info);
        return infos;
    }();
    return all;
}

std::unique_ptr<Loss> make(std::string_view specification, Reduction reduction) {
    const std::size_t colon = specification.find(':');
    const Entry& entry = find_loss(specification.substr(0, colon));
    const std::string_view list = colon == std::string_view::npos ? std::string_view{} : specification.substr(colon + 1);
    return entry.make(parse_settings(specification, list), reduction);
}

}  // namespace knoll::losses
