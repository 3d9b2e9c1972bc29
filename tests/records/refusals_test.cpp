#include "records/expectations.h"

#include <knoll/core/error.h>

#include <catch2/catch.hpp>

using namespace knoll;
using namespace knoll::records;

TEST_CASE("what is refused is refused in words that say what was expected and what came") {
    for (const Refusal& refusal : expectations().refusals()) {
        INFO(refusal.subject << ": " << refusal.text);
        try {
            refusal.call();
            FAIL_CHECK("it was taken");
        } catch (const Error& error) {
            CHECK_THAT(error.what(), Catch::Contains(refusal.text));
        }
    }
}
