#include <knoll/nn/module.h>

#include <knoll/core/node.h>
#include <knoll/core/storage.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

namespace knoll::nn {

namespace {

// Listing a module hands out pointers to its tensors, of which the readers below change nothing.
Fields fields_of(const Module& module, Fields::Names names = Fields::Names::dotted) { return Fields(const_cast<Module&>(module), names); }

// A parameter is made as NaN and gets its value by a change in place, or by another tensor in its stead.
bool is_uninitialized(const Tensor& parameter) {
    if (parameter.version() != 0 || parameter.numel() == 0) return false;
    return visit_floating("parameter", parameter.dtype(), [&](auto zero) { return std::isnan(parameter.data<decltype(zero)>()[0]); });
}

enum class Kind { parameters, buffers, all };

StateDict list(const Module& module, Kind kind, bool detached) {
    StateDict found;
    const Fields fields = fields_of(module);
    for (const Fields::NamedTensor& field : fields.tensors())
        if (kind == Kind::all || field.is_buffer == (kind == Kind::buffers)) found.emplace_back(field.name, detached ? field.tensor->detach() : *field.tensor);
    return found;
}

}  // namespace

Fields::Fields(Module& root, Names names) : names_(names) { enter(root); }

void Fields::enter(Module& module) {
    modules_.push_back(&module);
    module.describe(*this);
}

void Fields::child(const std::string& name, Module& module) {
    const std::size_t length = prefix_.size();
    if (names_ == Names::dotted) prefix_ += name + ".";
    enter(module);
    prefix_.resize(length);
}

void Fields::add(const std::string& name, Tensor& tensor, bool is_buffer) {
    if (tensor.defined()) tensors_.push_back({dotted(name), &tensor, is_buffer});
}

void Module::describe(Fields&) {}
void Module::reset_parameters(Rng&) {}

void Module::initialize(Rng& rng) {
    const NoGrad no_grad;
    const Fields fields(*this);
    for (Module* module : fields.modules()) module->reset_parameters(rng);
    for (const Fields::NamedTensor& field : fields.tensors())
        require<ValueError>(field.is_buffer || !is_uninitialized(*field.tensor), "[initialize] expected reset_parameters() of its module to fill ", field.name,
                            ", got none that does");
}

std::vector<Tensor> Module::parameters() const {
    std::vector<Tensor> found;
    std::unordered_set<const Tensor::Impl*> known;
    const Fields fields = fields_of(*this, Fields::Names::none);
    for (const Fields::NamedTensor& field : fields.tensors())
        if (!field.is_buffer && known.insert(field.tensor->impl().get()).second) found.push_back(*field.tensor);
    return found;
}

StateDict Module::named_parameters() const { return list(*this, Kind::parameters, false); }
StateDict Module::named_buffers() const { return list(*this, Kind::buffers, false); }
StateDict Module::state_dict() const { return list(*this, Kind::all, true); }
void Module::load_state_dict(const StateDict& state) { copy_state("load_state_dict", state_dict(), state); }

Generators Module::generators() const {
    Generators found;
    const Fields fields = fields_of(*this);
    for (const auto& [name, generator] : fields.generators()) found.emplace_back(name, *generator);
    return found;
}

void Module::load_generators(const Generators& generators) {
    const Fields fields(*this);
    require<ValueError>(generators.size() == fields.generators().size(), "[load_generators] expected ", fields.generators().size(), " generators, got ",
                        generators.size());
    std::vector<std::optional<Rng>> found;
    for (const auto& field : fields.generators()) {
        const auto same_name = std::find_if(generators.begin(), generators.end(), [&](const auto& entry) { return entry.first == field.first; });
        require<ValueError>(same_name != generators.end(), "[load_generators] expected a generator called ", field.first, ", got none");
        found.push_back(same_name->second);
    }
    for (std::size_t i = 0; i < found.size(); ++i) *fields.generators()[i].second = found[i];
}

std::int64_t Module::num_parameters() const {
    std::int64_t count = 0;
    for (const Tensor& parameter : parameters()) count += parameter.numel();
    return count;
}

void Module::train(bool on) {
    const Fields fields(*this);
    for (Module* module : fields.modules()) module->training_ = on;
}

void Module::to(DType dtype) {
    require<DTypeError>(is_floating(dtype), "[to] expected f32 or f64 for a module, got ", dtype);
    const Fields fields(*this);
    for (const Fields::NamedTensor& field : fields.tensors()) {
        Tensor& tensor = *field.tensor;
        if (!is_floating(tensor.dtype()) || tensor.dtype() == dtype) continue;
        // What all handles on this tensor share is changed, so that they see the new type.
        const Tensor converted = tensor.detach().to(dtype);
        Tensor::Impl& impl = *tensor.impl();
        impl.storage = converted.impl()->storage;
        impl.dtype = dtype;
        if (impl.node) impl.node = make_leaf_node(impl.shape, dtype);
    }
}

Tensor uninitialized_parameter(const Shape& shape) { return full(shape, std::numeric_limits<double>::quiet_NaN()).set_requires_grad(); }

void require_initialized(const char* layer, const Tensor& parameter) {
    require<ValueError>(!is_uninitialized(parameter), "[", layer, "] expected initialized parameters, got a layer that was never given any; ",
                        "call initialize(rng) on the model, or load its weights");
}

void unshare(Module& module) {
    const Fields fields(module);
    for (const Fields::NamedTensor& field : fields.tensors()) {
        const bool requires_grad = field.tensor->requires_grad();
        *field.tensor = field.tensor->detach().clone();
        field.tensor->set_requires_grad(requires_grad);
    }
}

Tensor functional_call(Module& module, const StateDict& replacements, const Tensor& x) {
    const Fields fields(module);
    struct Restore {
        ~Restore() {
            for (auto& [tensor, before] : saved) *tensor = before;
        }
        std::vector<std::pair<Tensor*, Tensor>> saved = {};
    } restore;
    for (const auto& [name, replacement] : replacements) {
        const auto field = std::find_if(fields.tensors().begin(), fields.tensors().end(), [&name = name](const auto& f) { return f.name == name; });
        require<ValueError>(field != fields.tensors().end(), "[functional_call] expected a name of the module's state_dict, got ", name);
        require<ShapeError>(field->tensor->shape() == replacement.shape(), "[functional_call] expected ", name, " of shape ", field->tensor->shape(), ", got ",
                            replacement.shape());
        restore.saved.emplace_back(field->tensor, *field->tensor);
        *field->tensor = replacement;
    }
    return module(x);
}

}  // namespace knoll::nn
