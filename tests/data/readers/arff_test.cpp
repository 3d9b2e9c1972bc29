#include "data/hostile_file.h"

#include <knoll/data/readers/arff.h>
#include <catch2/catch.hpp>

#include <clocale>

using namespace knoll;

namespace {

const std::string header =
    "% a comment\n"
    "@RELATION 'two words'\n\n"
    "@attribute width numeric\n"
    "@Attribute 'a \\'quoted\\' name' REAL\r\n"
    "@attribute flag {0,1}\n"
    "@attribute \"other flag\" { 0, 1 }\n"
    "@attribute Beach {0,1}\n"
    "@attribute 'At Sea' {0,1}\n"
    "@data\n";

data::MultiLabelImages load(const std::string& content, const data::ArffOptions& options = {.labels = 2}) {
    const TemporaryFile file(content);
    return data::load_arff(file.path(), options);
}

}  // namespace

TEST_CASE("ARFF features and labels are read, dense and sparse") {
    const data::MultiLabelImages set = load(header +
                                            "1.5, -2e-3 ,0,1,1,0\n"
                                            "% between rows\n"
                                            "\n"
                                            "{0 +4, 3\t1,5  1}\r\n"
                                            "{}\n"
                                            "7,8,'1',0,0,1");
    CHECK(to_string(set.images().shape()) == "[4, 4]");
    CHECK(set.images().dtype() == DType::f32);
    CHECK(set.images().to_vector() == std::vector<double>{1.5, -2e-3F, 0, 1, 4, 0, 0, 1, 0, 0, 0, 0, 7, 8, 1, 0});
    CHECK(set.labels().to_vector() == std::vector<double>{1, 0, 0, 1, 0, 0, 0, 1});
    CHECK(set.class_names() == std::vector<std::string>{"Beach", "At Sea"});
}

TEST_CASE("a file without a header is read as comma-separated numbers") {
    const data::MultiLabelImages set = load("1,2.5,3,4,0\n5,6,7,8,1\n", {.labels = 1, .image = {1, 2, 2}});
    CHECK(to_string(set.images().shape()) == "[2, 1, 2, 2]");
    CHECK(set.images().to_vector() == std::vector<double>{1, 2.5, 3, 4, 5, 6, 7, 8});
    CHECK(set.labels().to_vector() == std::vector<double>{0, 1});
    CHECK(set.class_names().empty());
}

TEST_CASE("numbers are read the same under a locale with a decimal comma") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
        if (std::setlocale(LC_ALL, name) != nullptr) break;
    const data::MultiLabelImages set = load("0.25,1\n", {.labels = 1});
    std::setlocale(LC_ALL, before.c_str());
    CHECK(set.images().item() == 0.25);
}

TEST_CASE("every damage to an ARFF file is named with its line") {
    const auto refuses = [](const std::string& content, const std::string& text, const data::ArffOptions& options = {.labels = 2}) {
        INFO(content);
        CHECK_THROWS_AS(load(content, options), FileError);
        CHECK_THROWS_WITH(load(content, options), Catch::Contains("[arff]") && Catch::Contains(text));
    };
    refuses(header + "1,2,0,0,?,0\n", "line 11, offset 207: expected a number, got '?'; fill in missing values first");
    refuses(header + "1,2,0,0,1\n", "expected 6 values, got 5");
    refuses(header + "1,2,0,0,1,0,1\n", "expected 6 values, got 7");
    refuses(header + "1,2,0,0,1,\n", "expected a number, got ''");
    refuses(header + "1,2x,0,0,1,0\n", "expected a number, got '2x'");
    refuses(header + "1,nan,0,0,1,0\n", "expected a number, got 'nan'");
    refuses(header + "1,1e39,0,0,1,0\n", "expected a number, got '1e39'");
    refuses(header + "1,2,3,0,1,0\n", "expected 0 or 1 for 'flag', got 3");
    refuses(header + "1,2,0,0,2,0\n", "expected 0 or 1 for 'Beach', got 2");
    refuses(header + "{3 1, 3 1}\n", "expected rising indices in 0..5, got '3'");
    refuses(header + "{6 1}\n", "expected rising indices in 0..5, got '6'");
    refuses(header + "{-1 1}\n", "expected rising indices in 0..5, got '-1'");
    refuses(header + "{0.5 1}\n", "expected rising indices in 0..5, got '0.5'");
    refuses(header + "{0}\n", "expected a number, got ''");
    refuses(header + "{0 1\n", "expected a closing brace at the end of a sparse row, got '1'");
    refuses(header, "expected at least one row, got none");
    refuses("", "expected a header or numbers, got nothing");
    refuses("@relation x\n@attribute a numeric\n", "expected @data, got the end of the file");
    refuses("@relation x\n@data\n1\n", "expected attributes before @data, got none");
    refuses("@attribute a string\n@data\n1\n", "expected an attribute of type numeric, real, integer or {0,1}, got 'string'");
    refuses("@attribute a {1,2}\n@data\n1\n", "got '{1,2}'");
    refuses("@attribute 'a numeric\n@data\n1\n", "expected a closing quote");
    refuses("@attribute\n@data\n1\n", "expected a name and a type of an attribute, got neither");
    refuses("@something a\n", "expected @relation, @attribute or @data, got '@something a'");
    refuses("{0 1, 1 1}\n", "expected a header before sparse rows");
    refuses("1,2,3\n4,5\n", "line 2, offset 6: expected 3 values, got 2", {.labels = 1});
    refuses("1,2,3\n", "expected labels of 0 or 1, got 3", {.labels = 1});
    refuses("1,0\n", "expected features beside 2 labels, got 2 columns");
    CHECK_THROWS_WITH(load("1,2,0\n", {.labels = 1, .image = {1, 2, 2}}), "[arff] expected an image [C, H, W] of 2 features, got [1, 2, 2]");
}

TEST_CASE("sparse rows that stand for far more than the file holds ask for no memory") {
    std::string bomb = "@relation x\n";
    for (int i = 0; i < 20000; ++i) bomb += "@attribute a numeric\n";
    bomb += "@data\n";
    for (int i = 0; i < 100000; ++i) bomb += "{}\n";
    CHECK_THROWS_WITH(load(bomb),
                      Catch::Contains("expected rows that stand for at most 1024 times the file's") && Catch::Contains("got 100000 rows of 20000 values"));
}

TEST_CASE("an ARFF file cut off anywhere is read in part or refused, and any flipped bit is survived") {
    const std::string content = "@attribute 'a' real\n@attribute b {0,1}\n@data\n1,1\n{1 1}\n";
    const std::size_t first_row = content.find("1,1\n"), second_row = content.find("{1");
    const TemporaryFile file;
    const auto read = [](const std::string& path) { return data::load_arff(path, {.labels = 1}); };
    for (std::size_t length = 0; length < content.size() - 1; ++length) {
        file.write(content.substr(0, length));
        INFO("cut to " << length << " bytes");
        const bool at_row_end = length == first_row + 3 || length == second_row;
        if (at_row_end)
            CHECK(read(file.path()).count() == 1);
        else
            CHECK_THROWS_AS(read(file.path()), FileError);
    }
    check_every_flip_is_survived(content, read);
}

TEST_CASE("binary attributes may be declared in either order, and a sparse row leaves out the first of their values") {
    const std::string reversed = "@attribute a real\n@attribute b {1,0}\n@attribute c { 0, 1 }\n@data\n";
    const data::MultiLabelImages set = load(reversed + "7,1,0\n8,0,1\n{0 9}\n{0 9, 1 0, 2 1}\n");
    CHECK(set.images().to_vector() == std::vector<double>{7, 8, 9, 9});
    CHECK(set.labels().to_vector() == std::vector<double>{1, 0, 0, 1, 1, 0, 0, 1});
    CHECK_THROWS_WITH(load("@attribute a {1,1}\n@data\n1\n"), Catch::Contains("or {0,1}"));
}
