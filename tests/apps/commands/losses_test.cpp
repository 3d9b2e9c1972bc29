#include <knoll/losses/registry.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

TEST_CASE("knoll losses shows a loss with its parameters in a column, and where it is from") {
    const std::string out = call({"losses"}).out;
    CHECK(contains(out,
                   "bce  binary cross-entropy\n"
                   "    textbook\n\n"
                   "wan  binary cross-entropy with weak negatives\n"
                   "    gamma = 1/(C-1)           weight of a negative; a number of at least 0\n"
                   "    Cole et al. 2021, Multi-label learning from single positive labels, arXiv 2106.09708\n\n"));
    CHECK(contains(out, "    detach = 0                1 holds the weight constant under differentiation; 0 or 1\n"));
}

TEST_CASE("knoll losses orders losses by their targets, each kind under its heading") {
    const std::string out = call({"losses"}).out;
    using losses::TargetKind;
    const std::vector<std::pair<TargetKind, std::string>> headings{
        {TargetKind::binary, "MULTI-LABEL: logits [N, C], targets [N, C] in {0, 1}\n\n"},
        {TargetKind::class_index, "SINGLE LABEL: logits [N, K], targets [N], the index of the class\n\n"},
        {TargetKind::real, "REGRESSION: predictions and targets of one shape\n\n"},
        {TargetKind::distribution, "DISTRIBUTIONS: logits [N, K], targets [N, K], the probability of each class\n\n"},
        {TargetKind::same_class, "METRIC: embeddings [N, D] in place of logits, targets [N]: rows of one class belong together\n\n"}};
    std::size_t at = 0;
    for (const auto& [kind, heading] : headings) {
        REQUIRE(out.find(heading, at) == at);
        at += heading.size();
        for (const losses::LossInfo& loss : losses::registry()) {
            if (loss.targets != kind) continue;
            REQUIRE(out.find(loss.name + "  " + loss.meaning + "\n", at) == at);
            at = out.find("    " + loss.paper + "\n\n", at);
            REQUIRE(at != std::string::npos);
            at += 4 + loss.paper.size() + 2;
        }
    }
    CHECK(out.substr(at).rfind("Written as name or name:key=value,key=value; for example focal:gamma=1.", 0) == 0);
}
