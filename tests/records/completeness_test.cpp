#include "records/expectations.h"

#include <knoll/losses/registry.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace knoll;
using namespace knoll::apps;
using namespace knoll::records;

namespace {

std::string read_text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::set<std::string> names_in(const std::string& path, const std::regex& pattern) {
    const std::string text = read_text(path);
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

TEST_CASE("every record has a value to be compared with, or says why not") {
    std::set<std::string> expected, exempt;
    for (const Expectation& expectation : expectations().all()) expected.insert(expectation.name());
    for (const Exemption& exemption : expectations().without_reference()) exempt.insert(exemption.subject);
    for (const CheckRecord& record : check_records()) {
        INFO(record.kind << ' ' << record.name());
        if (record.no_gradient.empty())
            CHECK(expected.count(record.name()) + exempt.count(record.subject) > 0);
        else
            CHECK((exempt.count(record.subject) > 0 ||
                   std::any_of(expected.begin(), expected.end(), [&](const std::string& name) { return name.substr(0, name.find(',')) == record.subject; })));
    }
}

TEST_CASE("every op, layer and loss is seen to refuse something") {
    std::set<std::string> refusing;
    for (const Refusal& refusal : expectations().refusals()) refusing.insert(refusal.subject);
    for (const Exemption& exemption : expectations().without_refusal()) refusing.insert(exemption.subject);
    for (const CheckRecord& record : check_records()) {
        INFO(record.kind << ' ' << record.subject);
        CHECK(refusing.count(record.subject) == 1);
    }
}
