#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <cmath>

namespace knoll::records {

namespace {

using BinaryFunction = double (*)(double, double);
using Operator = Tensor (*)(const Tensor&, const Tensor&);

double power(double x, double y) { return std::pow(x, y); }
double larger(double x, double y) { return std::isnan(x) || std::isnan(y) ? x + y : x > y ? x : y; }
double smaller(double x, double y) { return std::isnan(x) || std::isnan(y) ? x + y : x < y ? x : y; }

// Multiples of 0.3 on both sides, the second moved between those of the first.
std::vector<Inputs> distinct_pairs() {
    std::vector<Inputs> pairs = odd_pairs(apps::distinct_input);
    for (Inputs& pair : pairs) pair[1] += 0.1;
    return pairs;
}

void expect_arithmetic(Expectations& book) {
    const std::vector<std::pair<const char*, BinaryFunction>> operators{
        {"operator+", [](double x, double y) { return x + y; }},
        {"operator-", [](double x, double y) { return x - y; }},
        {"operator*", [](double x, double y) { return x * y; }},
        {"operator/", [](double x, double y) { return x / y; }},
    };
    for (const auto& [name, f] : operators) {
        book.value(name, "", each_pair(f)).also(odd_pairs(apps::nonzero_input));
        book.value(name, "broadcast", each_pair(f));
    }
    const auto odd = odd_shapes(apps::nonzero_input);
    book.value("operator+", "number", each([](double x) { return 2.0 + (x + 0.5); })).also(odd);
    book.value("operator-", "number", each([](double x) { return 2.0 - (x - 0.5); })).also(odd);
    book.value("operator*", "number", each([](double x) { return 2.0 * (x * 0.7); })).also(odd);
    book.value("operator/", "number", each([](double x) { return 2.0 / (x / 0.7); })).also(odd);
    book.value("operator*", "the same tensor twice", each([](double x) { return x * x; })).also(odd);
    book.value("pow", "both tensors", each_pair(power)).also(odd_pairs(apps::positive_input));
}

// More elements than one chunk has, in rows that fill no whole number of vectors.
void expect_large(Expectations& book) {
    const Inputs inputs{apps::normal_input({131, 1, 37}), apps::normal_input({5, 37}, 2)};
    const Inputs columns{apps::normal_input({20011, 1}), apps::normal_input({20011, 2}, 2)};
    const auto add = [](const auto& in) { return in[0] + in[1]; };
    const auto sum = [](double x, double y) { return x + y; };
    book.value_of("operator+", "rows", inputs, add, each_pair(sum));
    book.value_of("operator+", "columns", columns, add, each_pair(sum));
    book.value_of("operator+", "one row", {apps::normal_input({40007}), apps::normal_input({1}, 2)}, add, each_pair(sum));
    book.value_of(
        "maximum", "rows", inputs, [](const auto& in) { return maximum(in[0], in[1]); }, each_pair(larger));
    book.value_of(
        "pow", "rows", {apps::positive_input({131, 1, 37}), inputs[1]}, [](const auto& in) { return pow(in[0], in[1]); }, each_pair(power));
}

void expect_integer_operands(Expectations& book) {
    const Tensor integers = apps::index_input({3, 4}, 9) - apps::index_input({4}, 9, 2), bytes = apps::index_input({4}, 9, 3).to(DType::u8);
    const Tensor powers = tensor({1.0, 2.0, 4.0, 8.0}, DType::i64);
    book.value_of(
        "operator+", "i64 and u8", {integers, bytes}, [](const auto& in) { return in[0] + in[1]; }, each_pair([](double x, double y) { return x + y; }));
    book.value_of(
        "operator-", "i64 and u8", {integers, bytes}, [](const auto& in) { return in[0] - in[1]; }, each_pair([](double x, double y) { return x - y; }));
    book.value_of(
        "operator*", "i64 and u8", {integers, bytes}, [](const auto& in) { return in[0] * in[1]; }, each_pair([](double x, double y) { return x * y; }));
    book.value_of(
        "operator/", "i64 by i64, in f32", {integers, powers}, [](const auto& in) { return in[0] / in[1]; },
        each_pair([](double x, double y) { return x / y; }));
    book.value_of(
        "operator-", "negation of i64", {integers}, [](const auto& in) { return -in[0]; }, each([](double x) { return -x; }));
    book.value_of(
        "operator+", "i64 and a number, in f32", {integers}, [](const auto& in) { return in[0] + 0.5; }, each([](double x) { return x + 0.5; }));
    book.value_of(
        "operator+", "i64 and an integer", {integers}, [](const auto& in) { return in[0] + 3; }, each([](double x) { return x + 3.0; }));
    book.value_of(
        "operator-", "an integer and i64", {integers}, [](const auto& in) { return 3 - in[0]; }, each([](double x) { return 3.0 - x; }));
    book.value_of(
        "operator/", "i64 by an integer, in f32", {integers}, [](const auto& in) { return in[0] / 4; }, each([](double x) { return x / 4.0; }));
    book.value_of(
        "operator*", "u8 and f64 or f32", {bytes, apps::normal_input({2, 4})}, [](const auto& in) { return in[0] * in[1]; },
        each_pair([](double x, double y) { return x * y; }));
    book.value_of(
        "maximum", "i64 and u8", {integers, bytes}, [](const auto& in) { return maximum(in[0], in[1]); }, each_pair(larger));
    book.value_of(
        "minimum", "i64 and u8", {integers, bytes}, [](const auto& in) { return minimum(in[0], in[1]); }, each_pair(smaller));
}

void expect_comparisons(Expectations& book) {
    struct Comparison {
        const char* name;
        Operator op;
        Tensor (*op_of_number)(const Tensor&, PlainNumber);
        BinaryFunction f;
    };
    const std::vector<Comparison> comparisons{
        {"operator>", operator>, operator>, [](double x, double y) { return x > y ? 1.0 : 0.0; }},
        {"operator<", operator<, operator<, [](double x, double y) { return x < y ? 1.0 : 0.0; }},
        {"operator>=", operator>=, operator>=, [](double x, double y) { return x >= y ? 1.0 : 0.0; }},
        {"operator<=", operator<=, operator<=, [](double x, double y) { return x <= y ? 1.0 : 0.0; }},
        {"operator==", operator==, operator==, [](double x, double y) { return x == y ? 1.0 : 0.0; }},
        {"operator!=", operator!=, operator!=, [](double x, double y) { return x != y ? 1.0 : 0.0; }},
    };
    const Tensor integers = apps::index_input({5, 7}, 3), others = apps::index_input({7}, 3, 2);
    const Tensor x = integers.to(DType::f64), y = others.to(DType::f64);
    for (const auto& [name, op, op_of_number, f] : comparisons) {
        const auto compare = [op = op](const auto& in) { return op(in[0], in[1]); };
        book.value_of(name, "", {x, y}, compare, each_pair(f)).also(odd_pairs(apps::normal_input));
        book.value_of(name, "i64 and u8", {integers, others.to(DType::u8)}, compare, each_pair(f));
        book.value_of(name, "i64 and f64 or f32", {integers, y}, compare, each_pair(f));
        book.value_of(name, "large", {apps::index_input({131, 1, 37}, 3), apps::index_input({5, 37}, 3, 2)}, compare, each_pair(f));
        const auto with_one = [f = f](double value) { return f(value, 1.0); };
        const auto with_half = [f = f](double value) { return f(value, 0.5); };
        book.value_of(
            name, "number", {x}, [op = op_of_number](const auto& in) { return op(in[0], 1.0); }, each(with_one));
        book.value_of(
            name, "i64 and a number", {integers}, [op = op_of_number](const auto& in) { return op(in[0], 0.5); }, each(with_half));
        book.value_of(
            name, "i64 and an integer", {integers}, [op = op_of_number](const auto& in) { return op(in[0], 1); }, each(with_one));
    }
}

Naive chosen(const std::vector<Naive>& in) {
    return generate(broadcast(in[0].shape, broadcast(in[1].shape, in[2].shape)), [&](const Index& i) { return in[0][i] != 0.0 ? in[1][i] : in[2][i]; });
}

Naive chosen_or_number(const std::vector<Naive>& in) {
    return generate(in[1].shape, [&](const Index& i) { return in[0][i] != 0.0 ? in[1][i] + 2.0 : 1.0 + 3.0 * in[1][i]; });
}

Tensor condition(const Shape& shape) { return apps::normal_input(shape, 5) > 0.0; }

std::vector<Inputs> odd_choices() {
    std::vector<Inputs> choices;
    for (const auto& [a, b, c] : std::vector<std::array<Shape, 3>>{{Shape{}, {}, {}},
                                                                   {Shape{1}, {}, {1}},
                                                                   {Shape{0}, {1}, {}},
                                                                   {Shape{2, 0, 3}, {1, 1, 3}, {2, 1, 1}},
                                                                   {Shape{}, {2, 3}, {3}},
                                                                   {Shape{2, 1}, {}, {1, 3}},
                                                                   {Shape{37}, {37}, {37}},
                                                                   {Shape{37}, {1}, {37}},
                                                                   {Shape{37}, {37}, {}},
                                                                   {Shape{1, 2, 1, 3, 1}, {2, 1, 1, 1, 2}, {1, 1, 2, 1, 1}}})
        choices.push_back({condition(a), apps::normal_input(b, 3), apps::normal_input(c, 4)});
    return choices;
}

void expect_selection(Expectations& book) {
    book.value("maximum", "", each_pair(larger)).also(distinct_pairs()).may_vanish = true;
    book.value("minimum", "", each_pair(smaller)).also(distinct_pairs()).may_vanish = true;
    book.value("maximum", "broadcast", each_pair(larger));
    book.value("minimum", "broadcast", each_pair(smaller));
    book.value("where", "", chosen).also(odd_choices()).may_vanish = true;
    book.value("where", "broadcast", chosen);
    book.value("where", "broadcast condition", chosen);
    book.value("where", "number", chosen_or_number);
    book.value_of(
        "where", "large", {condition({131, 1, 37}), apps::normal_input({5, 1}), apps::normal_input({37})},
        [](const auto& in) { return where(in[0], in[1], in[2]); }, chosen);
    book.value_of(
        "where", "u8 and i64", {condition({2, 3}), condition({3}), apps::index_input({2, 1}, 9)}, [](const auto& in) { return where(in[0], in[1], in[2]); },
        chosen);
}

void refuse_operands(Expectations& book) {
    struct Subject {
        const char* name;
        const char* op;
        Operator f;
    };
    const std::vector<Subject> subjects{
        {"operator+", "add", operator+ },
         {"operator-", "subtract", operator- },
          {"operator*", "multiply", operator* },
           {"operator/", "divide", operator/ }, {"pow", "pow", pow}, {"maximum", "maximum", maximum}, {"minimum", "minimum", minimum},
            {"operator>", ">", operator> },
             {"operator<", "<", operator<},
              {"operator>=", ">=", operator>= },
               {"operator<=", "<=", operator<= },
                {"operator==", "==", operator== },
                 {
                     "operator!=",
                     "!=",
                     operator!= },
                };
    const Tensor a = apps::normal_input({2, 3}), b = apps::normal_input({3, 2});
    const std::string text = "] expected shapes that broadcast (each extent equal or 1, counted from the end), got ";
    for (const auto& [name, op, f] : subjects) {
        book.refuse(
            name, [f = f, a, b] { f(a, b); }, "[" + std::string(op) + text + "[2, 3] and [3, 2]");
        book.refuse(
            name, [f = f, a] { f(zeros({0}, DType::f64), a); }, "[" + std::string(op) + text + "[0] and [2, 3]");
        book.refuse(
            name, [f = f, a] { f(a, {}); }, "expected a defined tensor, got an undefined one");
    }
    book.refuse(
        "where", [a] { where(a, a, a); }, "[where] expected a condition of u8, got f64; compare it: condition != 0");
    book.refuse(
        "where", [a, b] { where(a > 0.0, a, b); }, "[where" + text + "[2, 3] and [3, 2]");
    book.refuse(
        "where", [a, b] { where(b > 0.0, a, a); }, "[where" + text + "[3, 2] and [2, 3]");
}

}  // namespace

void expect_binary(Expectations& book) {
    expect_arithmetic(book);
    expect_large(book);
    expect_integer_operands(book);
    expect_comparisons(book);
    expect_selection(book);
    refuse_operands(book);
}

}  // namespace knoll::records
