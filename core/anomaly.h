// Where NaN and infinity come from. While an AnomalyMode lives, the result of every op and every gradient of this thread is looked at,
// and the first number that is not finite throws, naming the op, the shapes, the index, and the place where the op was called:
//
//     const AnomalyMode anomaly;
//     const Here here("encoder");
//     backward(loss(model(x), y));
//
// It is slow: every number is read once more, and every node notes its call stack.
#pragma once

#include <knoll/core/error.h>

namespace knoll {

/// A number that is not finite, found under an AnomalyMode.
class AnomalyError : public Error {
public:
    using Error::Error;
};

/// While one lives, results and gradients in this thread are checked; or are not, inside another, if off. A backward pass names the place
/// of ops that were called while the mode was on, and of others the op alone.
class AnomalyMode {
public:
    explicit AnomalyMode(bool on = true);
    ~AnomalyMode();
    AnomalyMode(const AnomalyMode&) = delete;
    AnomalyMode& operator=(const AnomalyMode&) = delete;

private:
    bool before_;
};

/// True while an AnomalyMode is alive in this thread.
bool anomaly_mode();

/// Names a part of a program in the texts of an AnomalyMode, with the file and line where it was made. The name is not copied.
class Here {
public:
    explicit Here(const char* name, const char* file = __builtin_FILE(), int line = __builtin_LINE());
    ~Here();
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;

    const char* name() const { return name_; }
    const char* file() const { return file_; }
    int line() const { return line_; }
    /// The one around it; nullptr at the outermost.
    const Here* outer() const { return outer_; }
    /// The innermost of this thread, or nullptr.
    static const Here* innermost();

private:
    const char* name_;
    const char* file_;
    int line_;
    const Here* outer_;
};

}  // namespace knoll
