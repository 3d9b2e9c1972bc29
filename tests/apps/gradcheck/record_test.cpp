#include <knoll/apps/gradcheck/record.h>

#include <knoll/core/gradcheck.h>
#include <knoll/losses/registry.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <regex>
#include <set>

using namespace knoll;
using namespace knoll::apps;

namespace {

std::set<std::string> names_in(const std::string& path, const std::regex& pattern) {
    const std::string text = test::read_text(path);
    std::set<std::string> names;
    for (std::sregex_iterator match{text.begin(), text.end(), pattern}; match != std::sregex_iterator{}; ++match) names.insert((*match)[1]);
    return names;
}

// The headers that a header includes, as paths in the source tree.
std::set<std::string> included(const std::string& header) {
    std::set<std::string> paths;
    const std::string root = std::string(KNOLL_TEST_DATA) + "/..";
    for (const std::string& name : names_in(root + header, std::regex("#include <knoll(/[^>]+)>"))) paths.insert(root + name);
    return paths;
}

std::set<std::string> subjects(const std::string& kind) {
    std::set<std::string> names;
    for (const CheckRecord& record : check_records())
        if (record.kind == kind) names.insert(record.subject);
    return names;
}

void check_covered(const std::set<std::string>& declared, const std::set<std::string>& recorded) {
    for (const std::string& name : declared) {
        INFO(name);
        CHECK(recorded.count(name) == 1);
    }
}

}  // namespace

TEST_CASE("every op declared in core/ops has a record") {
    const std::regex declaration("\n(?:Tensor|Sorted|std::vector<Tensor>) (operator[^ (]+|\\w+)\\(");
    std::set<std::string> declared;
    for (const std::string& header : included("/core/ops/ops.h")) declared.merge(names_in(header, declaration));
    CHECK(declared.size() > 80);
    check_covered(declared, subjects("op"));
}

TEST_CASE("every layer has a record") {
    const std::regex declaration("\nclass (\\w+) final : public ");
    std::set<std::string> declared = names_in(std::string(KNOLL_TEST_DATA) + "/../nn/residual.h", declaration);
    declared.merge(names_in(std::string(KNOLL_TEST_DATA) + "/../nn/sequential.h", declaration));
    for (const std::string& header : included("/nn/layers/layers.h")) declared.merge(names_in(header, declaration));
    CHECK(declared.size() > 20);
    check_covered(declared, subjects("layer"));
}

TEST_CASE("every loss has a record") {
    std::set<std::string> declared;
    for (const losses::LossInfo& loss : losses::registry()) declared.insert(loss.name);
    check_covered(declared, subjects("loss"));
}

TEST_CASE("every record holds to second order, or says why there is nothing to check") {
    for (const CheckRecord& record : check_records()) {
        INFO(record.name());
        if (!record.no_gradient.empty()) continue;
        const GradcheckResult result = gradcheck(record.function, record.inputs, {.order = 2});
        INFO(result.report());
        CHECK(result.ok());
    }
}

TEST_CASE("knoll gradcheck prints a row per record, and those asked for alone") {
    const test::Output output = test::call({"gradcheck", "hill", "one_hot"});
    CHECK(output.status == 0);
    CHECK(test::contains(output.out, "hill"));
    CHECK(test::contains(output.out, "no gradient: made from integers"));
    CHECK(test::contains(output.out, "2 checks, 0 failed"));
    CHECK(test::call({"gradcheck", "hil_"}).status == 2);
}

TEST_CASE("knoll gradcheck --quiet prints one line where all is well") { CHECK(test::call({"gradcheck", "hill", "--quiet"}).out == "1 checks, 0 failed\n"); }
