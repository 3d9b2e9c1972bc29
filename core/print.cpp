// operator<< for tensors: nested brackets as in NumPy, numbers right-aligned, then type and shape.
#include <knoll/core/tensor.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ostream>

namespace knoll {

namespace {

constexpr std::int64_t shown_in_full = 1000;  // elements; of larger tensors, long dimensions are shortened
constexpr std::int64_t shown_at_edges = 3;    // entries at each end of a shortened dimension
constexpr int significant_digits = 6;

std::string format(double value) {
    if (std::isnan(value)) return "nan";  // whose sign means nothing
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general, significant_digits).ptr;
    return {digits.data(), end};
}
std::string format(float value) { return format(static_cast<double>(value)); }
std::string format(std::int64_t value) { return std::to_string(value); }
std::string format(std::uint8_t value) { return std::to_string(value); }

class Printer {
public:
    explicit Printer(const Tensor& tensor) : tensor_(tensor), strides_(row_major_strides(tensor.shape())), shorten_(tensor.numel() > shown_in_full) {
        measure(0, 0);
    }

    void print(std::ostream& out) const { print(out, 0, 0); }

private:
    bool is_shortened(std::int64_t dim) const { return shorten_ && tensor_.shape()[dim] > 2 * shown_at_edges; }

    // Calls visit(i) for the entries of a dimension that are shown, and skip() where some are left out.
    template <class Visit, class Skip>
    void for_shown(std::int64_t dim, const Visit& visit, const Skip& skip) const {
        const std::int64_t extent = tensor_.shape()[dim];
        for (std::int64_t i = 0; i < extent; ++i) {
            if (is_shortened(dim) && i == shown_at_edges) {
                skip();
                i = extent - shown_at_edges;
            }
            visit(i);
        }
    }

    std::string element(std::int64_t offset) const {
        return knoll::visit(tensor_.dtype(), [&](auto zero) { return format(tensor_.data<decltype(zero)>()[static_cast<std::size_t>(offset)]); });
    }

    void measure(std::int64_t dim, std::int64_t offset) {
        if (dim == tensor_.rank()) {
            width_ = std::max(width_, element(offset).size());
            return;
        }
        for_shown(
            dim, [&](std::int64_t i) { measure(dim + 1, offset + i * strides_[dim]); }, [] {});
    }

    void print(std::ostream& out, std::int64_t dim, std::int64_t offset) const {
        if (dim == tensor_.rank()) {
            const std::string digits = element(offset);
            out << std::string(width_ - digits.size(), ' ') << digits;
            return;
        }
        out << '[';
        bool first = true;
        const auto separate = [&] {
            if (!first) out << separator(dim);
            first = false;
        };
        for_shown(
            dim,
            [&](std::int64_t i) {
                separate();
                print(out, dim + 1, offset + i * strides_[dim]);
            },
            [&] {
                separate();
                out << "...";
            });
        out << ']';
    }

    // Rows stand under each other, with a blank line more for each dimension further out.
    std::string separator(std::int64_t dim) const {
        const std::int64_t inner = tensor_.rank() - dim - 1;
        if (inner == 0) return ", ";
        std::string text = ",";
        text.append(static_cast<std::size_t>(inner), '\n');
        return text.append(static_cast<std::size_t>(dim + 1), ' ');
    }

    const Tensor& tensor_;
    IntList strides_;
    bool shorten_;
    std::size_t width_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
    if (!tensor.defined()) return out << "undefined tensor";
    Printer(tensor).print(out);
    return out << ' ' << to_string(tensor.dtype()) << ' ' << to_string(tensor.shape());
}

}  // namespace knoll
