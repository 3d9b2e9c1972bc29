// Module: a function with parameters. A module lists what it is made of, by name, in describe(); everything else
// (parameters, state_dict, training mode, conversion, checkpoints) is read off that list.
//
//     class Classifier : public nn::Module {
//     public:
//         Tensor forward(const Tensor& x) override { return fc(relu(conv1(x))); }
//         nn::Conv2d conv1{1, 6, {.kernel = 5}};
//         nn::Linear fc{3456, 10};
//
//     private:
//         void describe(nn::Fields& fields) override {
//             fields.child("conv1", conv1);
//             fields.child("fc", fc);
//         }
//     };
//
// A copy of a module shares its tensors, as a copy of a Tensor shares its array, but has a mode (training or not) and
// random generators of its own. clone() makes one that shares nothing.
#pragma once

#include <knoll/core/autograd.h>
#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>
#include <knoll/nn/state_dict.h>

#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace knoll::nn {

class Fields;

/// Random generators by name; nullopt before initialize().
using Generators = std::vector<std::pair<std::string, std::optional<Rng>>>;

class Module {
public:
    virtual ~Module() = default;

    virtual Tensor forward(const Tensor& x) = 0;
    Tensor operator()(const Tensor& x) { return forward(x); }

    /// Draws every parameter from rng, module by module in the order of state_dict(). Needed before the first forward
    /// pass unless the weights are loaded.
    void initialize(Rng& rng);

    /// All parameters, those of children included, in the order of state_dict(); one with two names comes once.
    std::vector<Tensor> parameters() const;
    StateDict named_parameters() const;
    /// State that is saved but not trained, such as running means.
    StateDict named_buffers() const;
    /// Parameters and buffers under their dotted names, which are PyTorch's ("0.weight", "bn1.running_mean"). The
    /// tensors share the module's arrays and carry no graph.
    StateDict state_dict() const;
    /// Takes over all values, converted to this module's element types. Throws ValueError, and changes nothing, unless
    /// names and shapes are exactly those of state_dict(); the text lists what is missing, unexpected and misshaped.
    void load_state_dict(const StateDict& state);
    /// Where each random generator stands (Dropout); not part of state_dict(), but of a checkpoint.
    Generators generators() const;
    /// Throws ValueError, and changes nothing, unless the names are those of generators().
    void load_generators(const Generators& generators);
    /// The number of trainable values.
    std::int64_t num_parameters() const;

    /// Switches this module and its children to training (the mode at first) or evaluation.
    void train(bool on = true);
    void eval() { train(false); }
    bool training() const { return training_; }

    /// Converts all floating tensors in place, so optimisers and copies of this module stay in touch; gradients are
    /// dropped. Throws DTypeError unless dtype is f32 or f64.
    void to(DType dtype);

protected:
    Module() = default;
    Module(const Module&) = default;
    Module(Module&&) = default;
    Module& operator=(const Module&) = default;
    Module& operator=(Module&&) = default;

    /// Lists parameters, buffers, generators and children.
    virtual void describe(Fields& fields);
    /// Fills the parameters that belong to this module itself; called by initialize() without recording.
    virtual void reset_parameters(Rng& rng);

private:
    friend class Fields;
    bool training_ = true;
};

/// Everything in a tree of modules, parents before children, under dotted names.
class Fields {
public:
    /// Whether what is found gets its dotted name, or an empty one, for whoever asks for the tensors alone.
    enum class Names { dotted, none };

    explicit Fields(Module& root, Names names = Names::dotted);

    /// An undefined tensor (a layer without bias) is left out.
    void parameter(const std::string& name, Tensor& tensor) { add(name, tensor, false); }
    void buffer(const std::string& name, Tensor& tensor) { add(name, tensor, true); }
    void generator(const std::string& name, std::optional<Rng>& generator) { generators_.emplace_back(dotted(name), &generator); }
    void child(const std::string& name, Module& module);

    struct NamedTensor {
        std::string name;
        Tensor* tensor;
        bool is_buffer;
    };
    // Not of a temporary, which a loop would outlive.
    const std::vector<NamedTensor>& tensors() const& { return tensors_; }
    const std::vector<std::pair<std::string, std::optional<Rng>*>>& generators() const& { return generators_; }
    const std::vector<Module*>& modules() const& { return modules_; }
    void tensors() const&& = delete;
    void generators() const&& = delete;
    void modules() const&& = delete;

private:
    void add(const std::string& name, Tensor& tensor, bool is_buffer);
    void enter(Module& module);
    std::string dotted(const std::string& name) const { return names_ == Names::dotted ? prefix_ + name : std::string(); }

    Names names_;
    std::string prefix_;
    std::vector<NamedTensor> tensors_;
    std::vector<std::pair<std::string, std::optional<Rng>*>> generators_;
    std::vector<Module*> modules_;
};

/// A parameter that has no value yet: NaN, so that whatever is computed from it by mistake shows.
Tensor uninitialized_parameter(const Shape& shape);
/// Throws ValueError if the parameter has no value yet.
void require_initialized(const char* layer, const Tensor& parameter);

/// Gives every tensor of the module an array of its own.
void unshare(Module& module);

/// A copy that shares nothing with the original; gradients are not copied.
template <std::derived_from<Module> M>
M clone(const M& module) {
    M copy = module;
    unshare(copy);
    return copy;
}

/// module(x) with the given tensors in place of the parameters and buffers of the same names: for gradients of
/// gradients through an update, and for gradient checks. Throws ValueError on a name that the module does not have.
Tensor functional_call(Module& module, const StateDict& replacements, const Tensor& x);

}  // namespace knoll::nn
