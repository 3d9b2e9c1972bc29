// Writes the corpus: for every target a few small files that its reader accepts, or nearly.
#include "fuzz/input.h"
#include "fuzz/run.h"

#include <knoll/apps/report/results_files.h>
#include <knoll/apps/training/checkpoint.h>
#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/files/npz.h>
#include <knoll/core/files/safetensors.h>

#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <iostream>

using namespace knoll;

namespace {

std::string corpus;  // the folder

// The path of a seed of a target, whose folder is made.
std::string seed(const std::string& target, const std::string& name) {
    std::filesystem::create_directories(corpus + "/" + target);
    return text(corpus, "/", target, "/", name);
}

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values) out += static_cast<char>(value);
    return out;
}

// In the format of the gzip program.
std::string gzip(std::string content, int level, int strategy) {
    z_stream stream{};
    require(deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 9, strategy) == Z_OK, "expected memory to deflate, got none");
    std::string out(deflateBound(&stream, content.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(content.data());
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "expected a deflated stream, got none");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

void write_idx() {
    const std::string images = bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 250, 251, 252, 253});
    const std::string labels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 3, 0});
    write_file(seed("idx", "images"), images);
    write_file(seed("idx", "labels"), labels);
    write_file(seed("idx", "none"), bytes({0, 0, 8, 1, 0, 0, 0, 0}));
    const std::string many = bytes({0, 0, 8, 2, 0, 0, 0, 8, 0, 0, 0, 64}) + std::string(512, '\5');
    write_file(seed("idx_gzip", "stored"), gzip(images, 0, Z_DEFAULT_STRATEGY));
    write_file(seed("idx_gzip", "fixed"), gzip(labels, 9, Z_FIXED));
    write_file(seed("idx_gzip", "dynamic"), gzip(many, 9, Z_DEFAULT_STRATEGY));
    write_file(seed("idx_gzip", "huffman"), gzip(many, 9, Z_HUFFMAN_ONLY));
    write_file(seed("idx_gzip", "members"), gzip(images.substr(0, 7), 9, Z_FIXED) + gzip("", 9, Z_FIXED) + gzip(images.substr(7), 0, Z_FIXED));
}

void write_cifar() {
    constexpr std::size_t pixels = 3072;
    write_file(seed("cifar", "cifar10"), bytes({9}) + std::string(pixels, 'r'));
    write_file(seed("cifar", "cifar100"), bytes({19, 99}) + std::string(pixels, 'g'));
}

void write_text() {
    write_file(seed("arff", "dense"), "% notes\n@relation 'a set'\n@attribute 'a \\'b\\'' REAL\n@attribute c {0,1}\n@data\n1.5,1\r\n\n-2e-3,'0'\n");
    write_file(seed("arff", "sparse"), "@relation r\n@attribute a numeric\n@attribute \"b\" integer\n@attribute c { 1, 0 }\n@data\n{0 2, 2 0}\n{}\n{1 +3}\n");
    write_file(seed("arff", "tokens"),
               "@relation'n: -C 1'%meka\n@attribute red{'1',\"0\"}\n@attribute 'a, {b}\\t'real % c\n@data\n\"1\"\t'2.5'%x\n{ 1 '-3',}\n0,4\n");
    write_file(seed("numbers", "rows"), "1,2.5,0\n-3e2,+4,1\n");
    write_file(seed("numbers", "comments"), "% notes\n 7 , '8' ,1\r\n\n");
    for (const auto& [name, typed] : {std::pair{"loss", "hill:lambda=1.5,margin=1,gamma=2"},
                                      {"methods", "bce+full, focal:gamma=1e+1,asl,clip=0"},
                                      {"whole", "12"},
                                      {"number", "0.25"},
                                      {"infinite", "inf"},
                                      {"name", "cosine"},
                                      {"cce", "cce:gamma=-5+weighted"}})
        write_file(seed("options", name), typed);
}

// numpy.savez_compressed(a=array([1.5, -2], 'f4')) of NumPy 1.24.
std::string deflated_npz() {
    constexpr std::string_view hex =
        "504b030414000000080000002100d6434b054b0000008800000005001400612e6e70790100100088000000000000004b000000000000009bec17ea1b10c9c850c650ad9e925a"
        "9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e068603f60c400200504b0102140314000000"
        "080000002100d6434b054b00000088000000050000000000000000000000800100000000612e6e7079504b0506000000000100010033000000820000000000";
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

void write_tensors() {
    save_npy(seed("npy", "f32"), ones({2, 3}));
    save_npy(seed("npy", "f64"), full({2}, -1.5, DType::f64));
    save_npy(seed("npy", "labels"), tensor({0, 1}, DType::i64));
    save_npy(seed("npy", "scalar"), scalar(7, DType::u8));
    save_npy(seed("npy", "none"), zeros({0, 3}));
    std::string fortran = npy_header(zeros({2, 3}, DType::u8)) + "abcdef";
    fortran.replace(fortran.find("False"), 5, "True ");
    write_file(seed("npy", "fortran"), fortran);
    const std::string header = "{'shape': (1, 2,), 'descr': '>i2', 'fortran_order': False}\n";
    write_file(seed("npy", "version2"), "\x93NUMPY" + bytes({2, 0, static_cast<int>(header.size()), 0, 0, 0}) + header + bytes({1, 2, 255, 254}));

    for (const auto& [name, descr] : {std::pair{"python2", "=f8"}, {"named", "float64"}}) {
        const std::string text = knoll::text("{'descr': '", descr, "', 'fortran_order': False, 'shape': (1L, 2L)}\n");
        write_file(seed("npy", name), "\x93NUMPY" + bytes({1, 0, static_cast<int>(text.size()), 0}) + text + std::string(16, '\1'));
    }

    save_npz(seed("npz", "two"), {{"a", ones({2})}, {"b", zeros({1, 1}, DType::u8)}});
    save_npz(seed("npz", "none"), {});
    write_file(seed("npz", "deflated"), deflated_npz());
    save_safetensors(seed("safetensors", "two"), {{"a.weight", ones({2, 1})}, {"b", zeros({}, DType::i64)}}, {{"format", "pt"}});
    save_safetensors(seed("safetensors", "none"), {});
    save_safetensors(seed("safetensors", "escapes"), {{"\"\\\n\u00e4", ones({1}, DType::f64)}, {"empty", zeros({0, 2}, DType::u8)}});
}

void write_runs() {
    const apps::RunResult run{
        .loss = "hill",
        .seed = 7,
        .metrics = {{"mAP", 12.5}},
        .seconds = 0.5,
        .epochs = {{.epoch = 1, .loss = 0.1, .learning_rate = 1e-3, .seconds = 2, .metrics = {{"mAP", 12.5}}}},
        .per_class = {1, std::nan("")},
        .galleries = {{.title = "Found",
                       .introduction = "near",
                       .rows = {{.caption = "a bag", .images = {{.data_uri = "data:,", .missing = {"bag"}, .mark = apps::Mark::wrong}}}}}},
        .figures = {{.svg = "<svg></svg>", .caption = "c", .wide = true}}};
    apps::Results results{.task = "imbalanced", .data = "shapes", .options = {{"epochs", "2"}}, .runs = {run, run}};
    results.failed = {{"cce", 1, "it diverged"}};
    write_file(seed("results", "run"), apps::run_json(run));
    write_file(seed("results", "comparison"), apps::results_json(results));

    fuzz::Run training;
    nn::save_checkpoint(seed("checkpoint", "fresh"), training.state(), {.epoch = 1});
    training.step();
    nn::save_checkpoint(seed("checkpoint", "trained"), training.state(), {.epoch = 1, .batch = 2, .best_metric = 0.5, .notes = {{"loss", "hill"}}});
    apps::RunState progress{.epoch = 1, .batch = 2, .loss_sum = 0.5, .loss_examples = 4, .seconds = 1, .records = run.epochs};
    apps::save_run(seed("checkpoint", "run"), {training.net, {&training.optimizer}, nullptr, &training.average, progress});
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: fuzz_seeds FOLDER\n";
        return 2;
    }
    corpus = arguments[1];
    write_idx();
    write_cifar();
    write_text();
    write_tensors();
    write_runs();
}
