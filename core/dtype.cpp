#include <knoll/core/dtype.h>

#include <ostream>

namespace knoll {

std::string to_string(DType dtype) {
    switch (dtype) {
        case DType::f32:
            return "f32";
        case DType::f64:
            return "f64";
        case DType::i64:
            return "i64";
        case DType::u8:
            break;
    }
    return "u8";
}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << to_string(dtype); }

std::size_t size_of(DType dtype) {
    return visit(dtype, [](auto zero) { return sizeof(zero); });
}

DType promote(DType a, DType b) {
    const auto rank = [](DType dtype) {
        switch (dtype) {
            case DType::f64:
                return 3;
            case DType::f32:
                return 2;
            case DType::i64:
                return 1;
            case DType::u8:
                break;
        }
        return 0;
    };
    return rank(a) >= rank(b) ? a : b;
}

}  // namespace knoll
