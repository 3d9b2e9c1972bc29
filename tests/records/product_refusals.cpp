#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

namespace knoll::records {

namespace {

using Product = void (*)(const Tensor&, const Tensor&);

Tensor operand(const Shape& shape, DType dtype = DType::f64) { return zeros(shape, dtype); }

void refuse_matmul(Expectations& book) {
    const auto refuse = [&book](const Shape& a, const Shape& b, const MatmulOptions& options, const std::string& text) {
        book.refuse(
            "matmul", [=] { matmul(operand(a), operand(b), options); }, "[matmul] expected " + text);
    };
    refuse({2, 3}, {4, 5}, {}, "inner dimensions that agree, got 3 and 4 in [2, 3] x [4, 5]");
    refuse({2, 3}, {3, 5}, {.transpose_a = true}, "inner dimensions that agree, got 2 and 3 in [2, 3] transposed x [3, 5]");
    refuse({2, 3}, {3, 5}, {.transpose_b = true}, "inner dimensions that agree, got 3 and 5 in [2, 3] x [3, 5] transposed");
    refuse({3}, {4, 5}, {}, "inner dimensions that agree, got 3 and 4 in [1, 3] x [4, 5]");
    refuse({}, {3, 2}, {}, "vectors or matrices, got shapes [] and [3, 2]; multiply by a scalar with *");
    refuse({3}, {3, 2}, {.transpose_a = true}, "a matrix where a transpose is asked for, got shapes [3] and [3, 2]");
    refuse({2, 3}, {3}, {.transpose_b = true}, "a matrix where a transpose is asked for, got shapes [2, 3] and [3]");
    refuse({2, 2, 3}, {4, 3, 2}, {}, "leading dimensions that broadcast (each extent equal or 1, counted from the end), got [2] and [4]");
    book.refuse(
        "matmul",
        [] {
            matmul(operand({2, 3}), operand({3, 2}, DType::f32));
        },
        "[matmul] expected operands of one type, got f64 and f32; convert one with .to()");
    book.refuse(
        "matmul",
        [] {
            matmul(operand({2, 3}, DType::i64), operand({3, 2}, DType::u8));
        },
        "[matmul] expected operands of type f32 or f64, got i64 and u8; convert with .to(DType::f32)");
}

void refuse_linear(Expectations& book) {
    const auto refuse = [&book](const Shape& x, const Shape& weight, const Shape& bias, const std::string& text) {
        book.refuse(
            "linear", [=] { linear(operand(x), operand(weight), operand(bias)); }, "[linear] expected " + text);
    };
    refuse({2, 3}, {3}, {1}, "a weight of shape [M, K], got [3]");
    refuse({2, 3}, {5, 4}, {5}, "x of shape [.., 4] for a weight of shape [5, 4], got [2, 3]");
    refuse({}, {5, 4}, {5}, "x of shape [.., 4] for a weight of shape [5, 4], got []");
    refuse({2, 4}, {5, 4}, {4}, "a bias of shape [5] for a weight of shape [5, 4], got [4]");
    refuse({2, 4}, {5, 4}, {1, 5}, "a bias of shape [5] for a weight of shape [5, 4], got [1, 5]");
    book.refuse(
        "linear",
        [] {
            linear(operand({2, 4}), operand({5, 4}, DType::f32));
        },
        "[linear] expected operands of one type, got f64 and f32; convert one with .to()");
    book.refuse(
        "linear",
        [] {
            linear(operand({2, 4}), operand({5, 4}), operand({5}, DType::f32));
        },
        "[linear] expected operands of one type, got f64 and f32; convert one with .to()");
    book.refuse(
        "linear",
        [] {
            linear(operand({2, 4}, DType::i64), operand({5, 4}, DType::i64));
        },
        "[linear] expected operands of type f32 or f64, got i64 and i64; convert with .to(DType::f32)");
}

void refuse_vectors(Expectations& book) {
    const std::vector<std::pair<const char*, Product>> subjects{
        {"cosine_similarity", [](const Tensor& a, const Tensor& b) { cosine_similarity(a, b); }},
        {"pairwise_distances", [](const Tensor& a, const Tensor& b) { pairwise_distances(a, b); }},
        {"pairwise_squared_distances", [](const Tensor& a, const Tensor& b) { pairwise_squared_distances(a, b); }},
    };
    for (const auto& [name, f] : subjects) {
        const std::string types = std::string("[") + name + "] expected operands of one type, f32 or f64, got ";
        book.refuse(
            name,
            [f = f] {
                f(operand({2, 3}), operand({2, 3}, DType::f32));
            },
            types + "f64 and f32; convert with .to()");
        book.refuse(
            name,
            [f = f] {
                f(operand({2, 3}, DType::i64), operand({2, 3}, DType::i64));
            },
            types + "i64 and i64; convert with .to()");
    }
    for (const auto& [name, f] : {subjects[1], subjects[2]}) {
        const std::string op = std::string("[") + name + "] expected ", rows = "rows of one length in a [.., M, D] and b [.., N, D], got ";
        book.refuse(
            name,
            [f = f] {
                f(operand({2, 3}), operand({2, 4}));
            },
            op + rows + "[2, 3] and [2, 4]");
        book.refuse(
            name,
            [f = f] {
                f(operand({2, 3}), operand({3}));
            },
            op + rows + "[2, 3] and [3]");
        book.refuse(
            name,
            [f = f] {
                f(operand({2, 2, 3}), operand({4, 2, 3}));
            },
            op + "leading dimensions that broadcast (each extent equal or 1, counted from the end), got [2] and [4]");
    }
    book.refuse(
        "cosine_similarity",
        [] {
            cosine_similarity(operand({2, 3}), operand({2, 4}));
        },
        "[cosine_similarity] expected shapes that broadcast (each extent equal or 1, counted from the end), got [2, 3] and [2, 4]");
    book.refuse(
        "cosine_similarity",
        [] {
            cosine_similarity(operand({2, 3}), operand({2, 3}), 2);
        },
        "[cosine_similarity] expected a dimension from -2 to 1 for a tensor of rank 2, got 2");
    book.refuse(
        "cosine_similarity", [] { cosine_similarity(operand({3}), operand({3})); },
        "[cosine_similarity] expected a dimension from -1 to 0 for a tensor of rank 1, got 1");
    book.refuse(
        "cosine_similarity", [] { cosine_similarity(operand({}), operand({}), 0); }, "[cosine_similarity] expected vectors, got shapes [] and []");
    book.refuse(
        "vector_norm", [] { vector_norm(operand({3}).to(DType::i64)); }, "[vector_norm] expected f32 or f64, got i64; convert with .to(DType::f32)");
    book.refuse(
        "vector_norm", [] { vector_norm(operand({3}), 1); }, "[vector_norm] expected a dimension from -1 to 0 for a tensor of rank 1, got 1");
    book.refuse(
        "normalize", [] { normalize(operand({})); }, "[normalize] expected vectors, got shape []");
    book.refuse(
        "normalize", [] { normalize(operand({3}).to(DType::i64)); }, "[normalize] expected vectors of f32 or f64, got i64; convert with .to(DType::f32)");
    book.refuse(
        "normalize", [] { normalize(operand({3}), 1); }, "[normalize] expected a dimension from -1 to 0 for a tensor of rank 1, got 1");
}

}  // namespace

void refuse_products(Expectations& book) {
    refuse_matmul(book);
    refuse_linear(book);
    refuse_vectors(book);
}

}  // namespace knoll::records
