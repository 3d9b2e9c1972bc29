// Errors. Every text reads "[op] expected X, got Y", with the way out where there is one.
#pragma once

#include <knoll/core/text.h>

#include <stdexcept>

namespace knoll {

/// The base of everything that knoll throws.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Shapes that do not go together, or a dimension out of range.
class ShapeError : public Error {
public:
    using Error::Error;
};

/// An element type that the operation does not take.
class DTypeError : public Error {
public:
    using Error::Error;
};

/// An index outside its range.
class IndexError : public Error {
public:
    using Error::Error;
};

/// An argument whose value makes no sense: a negative stride, an unknown name.
class ValueError : public Error {
public:
    using Error::Error;
};

/// A graph that cannot be differentiated as asked.
class AutogradError : public Error {
public:
    using Error::Error;
};

/// More memory than the system gives.
class MemoryError : public Error {
public:
    using Error::Error;
};

/// A file that cannot be read or written. The text names path and, where known, offset.
class FileError : public Error {
public:
    using Error::Error;
};

/// Throws an E whose text is all parts joined.
template <class E = Error, class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    throw E(text(parts...));
}

/// Throws unless the condition holds. The parts become text only when it does not.
template <class E = Error, class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) [[unlikely]]
        fail<E>(parts...);
}

}  // namespace knoll
