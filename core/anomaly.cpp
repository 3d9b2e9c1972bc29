#include <knoll/core/anomaly.h>
#include <knoll/core/anomaly/place.h>
#include <knoll/core/anomaly/watch.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <unordered_map>

namespace knoll {

namespace {

thread_local bool mode = false;
thread_local bool paused = false;
thread_local const Here* innermost_here = nullptr;

}  // namespace

AnomalyMode::AnomalyMode(bool on) : before_(mode) { mode = on; }
AnomalyMode::~AnomalyMode() { mode = before_; }
bool anomaly_mode() { return mode; }

Here::Here(const char* name, const char* file, int line) : name_(name), file_(file), line_(line), outer_(innermost_here) { innermost_here = this; }
Here::~Here() { innermost_here = outer_; }
const Here* Here::innermost() { return innermost_here; }

namespace anomaly_detail {

namespace {

struct Origin {
    Place place;
    std::string input_shapes;
};

// Places stand beside the nodes, not in them: nodes are no larger for a mode that is rarely on. Nodes may die in any thread, and after
// static objects have: so the table is never destroyed.
std::atomic<std::size_t> places_kept{0};
std::mutex table_mutex;

std::unordered_map<std::uint64_t, Origin>& table() {
    static auto& places = *new std::unordered_map<std::uint64_t, Origin>;
    return places;
}

template <class T>
std::int64_t first_bad(std::span<const T> values) {
    const auto bad = std::find_if(values.begin(), values.end(), [](T value) { return !std::isfinite(value); });
    return bad == values.end() ? -1 : bad - values.begin();
}

// The flat index of the first number that is not finite; -1 where there is none.
std::int64_t first_bad(const Tensor& tensor) {
    if (!tensor.defined() || !is_floating(tensor.dtype())) return -1;
    return tensor.dtype() == DType::f32 ? first_bad(tensor.data<float>()) : first_bad(tensor.data<double>());
}

// "nan at [0, 2] of shape [2, 3]"
std::string describe_number(const Tensor& tensor, std::int64_t flat) {
    const double value =
        tensor.dtype() == DType::f32 ? tensor.data<float>()[static_cast<std::size_t>(flat)] : tensor.data<double>()[static_cast<std::size_t>(flat)];
    const std::string number = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    return text(number, " at ", index_text(flat, tensor.shape()), " of shape ", tensor.shape());
}

std::string shapes_of(std::span<const Tensor* const> inputs) {
    std::string shapes;
    for (const Tensor* input : inputs) shapes += (shapes.empty() ? "" : ", ") + (input->defined() ? to_string(input->shape()) : std::string("none"));
    return shapes;
}

Origin this_origin(std::span<const Tensor* const> inputs) { return {this_place(), shapes_of(inputs)}; }

}  // namespace

Pause::Pause() : before_(paused) { paused = true; }
Pause::~Pause() { paused = before_; }

void check_result(const char* op, const Tensor& result, std::span<const Tensor* const> inputs) {
    if (paused) return;
    const std::int64_t bad = first_bad(result);
    if (bad < 0) return;
    std::string known;
    for (std::size_t i = 0; i < inputs.size() && known.empty(); ++i)
        if (const std::int64_t before = first_bad(*inputs[i]); before >= 0)
            known = text("; input ", i, " had ", describe_number(*inputs[i], before), " already");
    const Origin origin = this_origin(inputs);
    fail<AnomalyError>("[", op, "] expected a finite result, got ", describe_number(result, bad), ", from inputs of shapes ", origin.input_shapes, known,
                       describe(origin.place));
}

void note_place(const Node& node, std::span<const Tensor* const> inputs) {
    Origin origin = this_origin(inputs);
    const std::scoped_lock lock(table_mutex);
    table().insert_or_assign(node.sequence, std::move(origin));
    places_kept = table().size();
}

void forget_place(const Node& node) {
    if (places_kept.load(std::memory_order_relaxed) == 0) return;
    const std::scoped_lock lock(table_mutex);
    table().erase(node.sequence);
    places_kept = table().size();
}

void check_gradient(const Node& node, std::size_t rule, const Tensor& gradient, const Tensor& upstream) {
    const std::int64_t bad = first_bad(gradient);
    if (bad < 0) return;
    const std::int64_t before = first_bad(upstream);
    const std::string known = before < 0 ? "" : text("; the gradient of the result had ", describe_number(upstream, before), " already");
    Origin origin;
    {
        const std::scoped_lock lock(table_mutex);
        if (const auto found = table().find(node.sequence); found != table().end()) origin = found->second;
    }
    const std::string inputs = origin.input_shapes.empty() ? "" : ", from inputs of shapes " + origin.input_shapes;
    const std::string where = origin.input_shapes.empty() ? "\n  called where no AnomalyMode was on" : describe(origin.place);
    const Node& input = *node.rules[rule].input;
    fail<AnomalyError>("[", node.op, "] expected a finite gradient, got ", describe_number(gradient, bad), ", for its input of shape ", input.shape, " from [",
                       input.op, "], in the backward pass of its result of shape ", node.shape, inputs, known, where);
}

}  // namespace anomaly_detail

}  // namespace knoll
