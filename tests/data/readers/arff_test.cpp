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
    refuses(header + "{3 1, 3 1}\n", "expected rising indices in 0..5, got 3");
    refuses(header + "{6 1}\n", "expected rising indices in 0..5, got 6");
    refuses(header + "{-1 1}\n", "expected rising indices in 0..5, got -1");
    refuses(header + "{0.5 1}\n", "expected rising indices in 0..5, got 0.5");
    refuses(header + "{0}\n", "expected a number, got ''");
    refuses(header + "{0 1\n", "expected a closing brace at the end of a sparse row, got none");
    refuses(header + "{0 1} 2\n", "expected the end of the line after a sparse row, got '2'");
    refuses(header + "{,0 1}\n", "expected a number, got ''");
    refuses(header + "1,2,0,0,1,{0}\n", "expected braces around a whole row or nowhere, got '1,2,0,0,1,{0}'");
    refuses(header + "1,,0,0,1,0\n", "expected a number, got ''");
    refuses(header + ",2,0,0,1,0\n", "expected a number, got ''");
    refuses(header + "1,'2,0,0,1,0\n", "expected a closing quote, got ''2,0,0,1,0'");
    refuses(header + "1,'',0,0,1,0\n", "line 11, offset 207: expected a number, got ''");
    refuses(header, "expected at least one row, got none");
    refuses("", "expected a header or numbers, got nothing");
    refuses("@relation x\n@attribute a numeric\n", "expected @data, got the end of the file");
    refuses("@relation x\n@data\n1\n", "expected attributes before @data, got none");
    refuses("@attribute a string\n@data\n1\n", "expected an attribute of type numeric, real, integer or {0,1}, got 'string'");
    refuses("@attribute a {1,2}\n@data\n1\n", "got '{1,2}'");
    refuses("@attribute 'a numeric\n@data\n1\n", "expected a closing quote");
    refuses("@attribute a,b numeric\n@data\n1\n", "got ',b numeric'");
    refuses("@attribute , numeric\n@data\n1\n", "expected a name and a type of an attribute, got no name before ', numeric'");
    refuses("@attribute a numeric 5\n@data\n1\n", "got 'numeric 5'");
    refuses("@attribute a {0,1} x\n@data\n1\n", "got '{0,1} x'");
    refuses("@attribute a {0,1,2}\n@data\n1\n", "got '{0,1,2}'");
    refuses("@attribute a {0,1\n@data\n1\n", "got '{0,1'");
    refuses("@attribute a numeric\n@data 1\n1\n", "line 2, offset 21: expected the end of the line after @data, got '1'");
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

TEST_CASE("a number has one sign") {
    for (const char* number : {"+-0.9", "++1", "-+1", "--1", "+", "-", "+ 1"}) {
        INFO(number);
        const TemporaryFile file(text("1,0\n", number, ",1\n"));
        CHECK_THROWS_WITH(
            data::load_arff(file.path(), {.labels = 1}),
            Catch::Contains("line 2, offset 4: expected") && Catch::Contains(std::string(number) == "+ 1" ? "got 3" : text("got '", number, "'")));
    }
    CHECK(load("+0.5,1\n-0.5,+1\n", {.labels = 1}).images().to_vector() == std::vector<double>{0.5, -0.5});
}

TEST_CASE("ARFF is read by tokens: quotes, braces, commas and comments stand without blanks") {
    const data::MultiLabelImages set = load(
        "\xef\xbb\xbf@relation'a set'%of two\n"
        "@attribute width\tnumeric % in cm\n"
        "@ATTRIBUTE\t'a {very} odd, name%' Integer\n"
        "@attribute \"it's\\t\\\\\"REAL\n"
        "@attribute red{0,1}\n"
        "@attribute'dark blue'{'0',\"1\"}%binary\n"
        "@DATA %here\n"
        "1.5,'2',\"3\",\"1\",'0' % a comment\n"
        "4\t5 , 6\t1\t1%and another\n"
        "\t{ 0 '7',2\t\"8\", '4' 1 } % sparse\n"
        "{1 9 3 1}\n"
        "' 1 ', 2 ,'3',0,0\r\n");
    CHECK(set.images().to_vector() == std::vector<double>{1.5, 2, 3, 4, 5, 6, 7, 0, 8, 0, 9, 0, 1, 2, 3});
    CHECK(set.labels().to_vector() == std::vector<double>{1, 0, 1, 1, 0, 1, 1, 0, 0, 0});
    CHECK(set.class_names() == std::vector<std::string>{"red", "dark blue"});
    const std::string two = "@attribute \"it's\\t\\\\\" {0,1}\n@attribute 'q\\'\\\"\\n' {0,1}\n@attribute f real\n@data\n1,0,3\n";
    CHECK(load("@relation 'r: -C 2'\n" + two).class_names() == std::vector<std::string>{"it's\t\\", "q'\"\n"});
}

TEST_CASE("MEKA's relation says which attributes are the labels") {
    const auto file = [](const std::string& relation) {
        return "@relation " + relation + "\n@attribute a {0,1}\n@attribute b {0,1}\n@attribute c {0,1}\n@attribute d {0,1}\n@data\n1,0,0,1\n0,0,1,1\n";
    };
    for (const char* relation : {"'name: -C 2'", "\"name: -split-number 9 -C 2\"", "name: -C 2", "'C:\\ name: -x -C 2 -y'"}) {
        INFO(relation);
        const data::MultiLabelImages set = load(file(relation));
        CHECK(set.class_names() == std::vector<std::string>{"a", "b"});
        CHECK(set.labels().to_vector() == std::vector<double>{1, 0, 0, 0});
        CHECK(set.images().to_vector() == std::vector<double>{0, 1, 1, 1});
    }
    for (const char* relation : {"'name: -C -2'", "name", "'no option -C 3'", "'name: -c 3 --C 3 -CC 3'", "''"}) {
        INFO(relation);
        const data::MultiLabelImages set = load(file(relation));
        CHECK(set.class_names() == std::vector<std::string>{"c", "d"});
        CHECK(set.labels().to_vector() == std::vector<double>{0, 1, 1, 1});
        CHECK(set.images().to_vector() == std::vector<double>{1, 0, 0, 0});
    }
    CHECK(to_string(load(file("'n: -C 1'"), {.labels = 1, .image = {1, 1, 3}}).images().shape()) == "[2, 1, 1, 3]");
    CHECK_THROWS_WITH(load(file("'n: -C 3'")), Catch::Contains("expected 3 labels, as the relation's -C 3 says, got 2"));
    CHECK_THROWS_WITH(load(file("'n: -C -1'")), Catch::Contains("expected 1 labels, as the relation's -C -1 says, got 2"));
    for (const char* number : {"0", "two", "2x", "", "99999999999999999999", "-9223372036854775808"})
        CHECK_THROWS_WITH(
            load(file(text("'n: -C ", number, "'"))),
            Catch::Contains("line 1, offset 0: expected a number of labels behind the relation's -C, negative if they are the last attributes, got '" +
                            std::string(number).substr(0, 32) + "'"));
    CHECK_THROWS_WITH(load("@relation 'n: -C 2'\n@attribute a real\n@attribute b {0,1}\n@attribute c real\n@data\n0.5,1,1\n"),
                      Catch::Contains("expected labels of 0 or 1, got 0.5"));
}
