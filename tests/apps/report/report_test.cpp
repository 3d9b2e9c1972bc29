#include <knoll/apps/report/image.h>
#include <knoll/apps/report/report.h>

#include <knoll/core/error.h>
#include <knoll/core/ops/shape.h>

#include "support/golden_text.h"

#include <catch2/catch.hpp>

#include <png.h>

using namespace knoll;
using namespace knoll::apps;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

Report small_report() {
    Report report{.title = "A <title> & more", .introduction = "intro", .results = {.task = "t", .data = "d"}};
    report.results.runs = {{.loss = "bce", .seed = 1, .metrics = {{"mAP", 40}}}, {.loss = "hill", .seed = 1, .metrics = {{"mAP", 50}}}};
    report.figures = {{.heading = "Curves", .introduction = "x", .figures = {{.svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>", .caption = "c"}}}};
    report.examples = {{.data_uri = png_data_uri(zeros({1, 2, 2})), .observed = {"bag"}, .missing = {"coat"}}};
    report.galleries = {{"hill",
                         {.title = "Found",
                          .introduction = "near ones",
                          .rows = {{.caption = "row 1", .images = {{.data_uri = "data:,", .recovered = {"boot"}, .mark = Mark::right}}}}}}};
    report.command = "knoll compare t";
    return report;
}

}  // namespace

TEST_CASE("the report needs no network: the only address in it names the SVG language") {
    const std::string html = report_html(small_report());
    CHECK(count(html, "http") == count(html, "xmlns=\"http://www.w3.org/2000/svg\""));
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("url(") == std::string::npos);
}

TEST_CASE("the report shows the table with the best in bold, figures, examples and how it was made") {
    const std::string html = report_html(small_report());
    CHECK(html.find("A &lt;title&gt; &amp; more") != std::string::npos);
    CHECK(html.find("<td class=\"best\">50.00") != std::string::npos);
    CHECK(html.find("<td>40.00") != std::string::npos);
    CHECK(html.find("<figcaption>c</figcaption>") != std::string::npos);
    CHECK(html.find("label observed\">bag") != std::string::npos);
    CHECK(html.find("label missing\">coat") != std::string::npos);
    CHECK(html.find("<h2>Found: <code>hill</code></h2>") != std::string::npos);
    CHECK(html.find("<h3>row 1</h3>") != std::string::npos);
    CHECK(html.find("example right") != std::string::npos);
    CHECK(html.find("label recovered\">boot") != std::string::npos);
    CHECK(html.find("knoll compare t") != std::string::npos);
}

TEST_CASE("base64 pads to groups of four") {
    CHECK(base64("") == "");
    CHECK(base64("M") == "TQ==");
    CHECK(base64("Ma") == "TWE=");
    CHECK(base64("Man") == "TWFu");
    CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("an image survives PNG") {
    const std::vector<std::uint8_t> pixels{0, 50, 100, 150, 200, 255};
    const std::string bytes = encode_png(pixels, 3, 2, 1);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) != 0);
    CHECK(image.width == 3);
    CHECK(image.height == 2);
    image.format = PNG_FORMAT_GRAY;
    std::vector<std::uint8_t> back(PNG_IMAGE_SIZE(image));
    REQUIRE(png_image_finish_read(&image, nullptr, back.data(), 0, nullptr) != 0);
    CHECK(back == pixels);
}

TEST_CASE("of an image with channels for which there is no picture the mean is shown") {
    const Tensor two = concat({full({1, 2, 3}, 0.2), full({1, 2, 3}, 0.6)}, 0);
    CHECK(png_data_uri(two) == png_data_uri(full({1, 2, 3}, 0.4)));
    CHECK(png_data_uri(full({6, 2, 3}, 100, DType::u8)) == png_data_uri(full({1, 2, 3}, 100, DType::u8)));
    CHECK(png_data_uri(full({3, 2, 3}, 0.4)) != png_data_uri(full({1, 2, 3}, 0.4)));
    CHECK(channels_note(6) == " Shown is the mean of their 6 channels.");
    CHECK(channels_note(3).empty());
    CHECK_THROWS_AS(png_data_uri(zeros({4, 4})), ShapeError);
}

TEST_CASE("a loss that diverged has a row without numbers, and the reason below the table") {
    Report report = small_report();
    report.results.failed = {{"cce", 2, "[train] expected a finite loss, got inf"}};
    const std::string html = report_html(report);
    CHECK(html.find("<tr><td><code>cce</code></td><td>–</td><td>diverged</td></tr>") != std::string::npos);
    CHECK(html.find("<code>cce</code> diverged with seed 2: [train] expected a finite loss, got inf") != std::string::npos);
}

TEST_CASE("a whole page is written as kept: two seeds, a reference, a loss that diverged, figures, examples, pictures, how it was made") {
    Report report = small_report();
    report.results.options = {{"epochs", "2"}, {"lr", "0.1 (bce), <0.2> (hill)"}};
    report.results.references = {"bce+full"};
    report.results.runs = {{.loss = "bce+full", .seed = 1, .metrics = {{"mAP", 90}, {"CF1", 80}}, .seconds = 61},
                           {.loss = "bce+full", .seed = 2, .metrics = {{"mAP", 91}, {"CF1", 80}}, .seconds = 63},
                           {.loss = "bce", .seed = 1, .metrics = {{"mAP", 40}, {"CF1", 31}}, .seconds = 2},
                           {.loss = "bce", .seed = 2, .metrics = {{"mAP", 44}, {"CF1", 33}}, .seconds = 5},
                           {.loss = "hill", .seed = 1, .metrics = {{"mAP", 45}, {"CF1", 30}}, .seconds = 1},
                           {.loss = "hill", .seed = 2, .metrics = {{"mAP", 45}, {"CF1", 30}}, .seconds = 1}};
    report.results.failed = {{"cce", 2, "[train] expected a finite loss, got inf & <so on>"}};
    report.figures.push_back({.heading = "No figures, no heading"});
    report.figures.push_back({.heading = "Class by class", .introduction = "all", .figures = {{.svg = "<svg></svg>", .caption = "wide", .wide = true}}});
    report.examples_introduction = "What is told.";
    report.examples[0].data_uri = "data:,";  // a picture's bytes depend on the library that packs them
    report.examples.push_back({.data_uri = "data:,", .observed = {"a", "b"}, .mark = Mark::wrong});
    report.galleries.push_back({"role", {.title = "Estimates", .rows = {{.images = {{.data_uri = "data:,"}}}}}});
    report.details = {{"machine", "Linux"}, {"threads", "2"}};
    std::string page = report_html(report);
    const std::size_t style = page.find("<style>"), body = page.find("</style>");
    REQUIRE(style < body);
    page.erase(style, body - style);  // how it looks is no matter of this test
    CHECK(test::difference_from_golden("report.html", page) == "");
}

TEST_CASE("a page of one seed shows no spread, and without references none are explained") {
    const std::string html = report_html(small_report());
    CHECK(html.find("class=\"spread\"") == std::string::npos);
    CHECK(html.find("Percent; the best of a column is bold. One seed.</p>") != std::string::npos);
}

TEST_CASE("an image in colour survives PNG: a pixel's channels stand together, and brightness is rounded and kept within bounds") {
    const std::vector<double> values{0.0, 1.0, 0.5, 0.101, 0.2, 0.302, 1.0, 0.0, -1.0, 2.0, 0.4, 0.6, 0.25, 0.75, 0.5, 0.905, 0.8, 0.702};  // [3, 2, 3]
    const std::vector<std::uint8_t> expected{0, 255, 64, 255, 0, 191, 128, 0, 128, 26, 255, 231, 51, 102, 204, 77, 153, 179};
    CHECK(png_data_uri(tensor(values, {3, 2, 3})) == "data:image/png;base64," + base64(encode_png(expected, 3, 2, 3)));
    const std::string bytes = encode_png(expected, 3, 2, 3);
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) != 0);
    CHECK(png.width == 3);
    CHECK(png.height == 2);
    png.format = PNG_FORMAT_RGB;
    std::vector<std::uint8_t> back(PNG_IMAGE_SIZE(png));
    REQUIRE(png_image_finish_read(&png, nullptr, back.data(), 0, nullptr) != 0);
    CHECK(back == expected);
}

TEST_CASE("bytes of an image are shown as they are") {
    const std::vector<std::uint8_t> pixels{0, 1, 127, 128, 254, 255};
    CHECK(png_data_uri(reshape(tensor({0, 1, 127, 128, 254, 255}), {1, 2, 3}).to(DType::u8)) == "data:image/png;base64," + base64(encode_png(pixels, 3, 2, 1)));
    CHECK_THROWS_WITH(png_data_uri(zeros({1, 0, 3})), "[png_data_uri] expected an image [C, H, W], got [1, 0, 3]");
    CHECK(channels_note(1).empty());
    CHECK(channels_note(2) == " Shown is the mean of their 2 channels.");
}
