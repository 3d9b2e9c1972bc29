// Tensors by name.
#pragma once

#include <knoll/core/files/named_tensors.h>

#include <string>
#include <string_view>

namespace knoll::nn {

/// What a module, an optimiser or a schedule is made of, in a fixed order.
using StateDict = NamedTensors;

/// What has a state that belongs into a checkpoint.
class Stateful {
public:
    virtual ~Stateful() = default;
    virtual StateDict state_dict() const = 0;
    /// Throws ValueError unless the state is that of an object of the same kind and size.
    virtual void load_state_dict(const StateDict& state) = 0;
};

/// Copies the values of `from` into the tensors of `into`, converting types. Throws ValueError, and changes nothing,
/// unless both have exactly the same names and shapes; the text lists what is missing, unexpected and misshaped.
/// `what` names the owner in the text.
void copy_state(std::string_view what, const StateDict& into, const StateDict& from);

/// The entry of a state that says what it is the state of ("Adam"): its name as u8 characters. Two kinds may keep tensors of the same names
/// and shapes, or none yet.
std::pair<std::string, Tensor> kind_entry(std::string_view kind);
/// Throws ValueError, naming both kinds, unless the state says that it is of this one.
void require_kind(std::string_view kind, const StateDict& state);

/// Appends all of `part` with its names prefixed by "prefix.".
void append_with_prefix(StateDict& state, const std::string& prefix, const StateDict& part);
/// The tensors whose names begin with "prefix.", without it.
StateDict select_prefix(const StateDict& state, const std::string& prefix);

}  // namespace knoll::nn
