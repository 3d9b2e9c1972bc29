#include <knoll/apps/report/results_files.h>

#include "support/hostile_corpus.h"

using namespace knoll;

namespace {

constexpr std::size_t parsed = 64;  // a digit and a comma become a number of a list, with room to grow

// Both kinds of results: what is one is not the other.
void read_results(const std::string& content) {
    if (content.find("\"task\"") != std::string::npos)
        apps::parse_results_json(content, hostile_path);
    else
        apps::parse_run_json(content, hostile_path);
}

}  // namespace

TEST_CASE("damaged results are refused with the place, and ask for 64 times their size at most") {
    check_hostile_files("results", {.bytes_per_byte = parsed, .flipped = 2048, .idle_tail = 1}, read_results);
}
