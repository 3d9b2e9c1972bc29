#include <knoll/apps/terminal/signals.h>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

using knoll::apps::SignalWatch;

TEST_CASE("a watch notes the first signal, and what was in force before comes back") {
    struct sigaction before {};
    struct sigaction after {};
    sigaction(SIGTERM, nullptr, &before);
    {
        const SignalWatch watch;
        CHECK(watch.caught() == 0);
        std::raise(SIGTERM);
        CHECK(watch.caught() == SIGTERM);
    }
    CHECK(SignalWatch{}.caught() == 0);
    sigaction(SIGTERM, nullptr, &after);
    CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("a second SIGINT ends the program at once") {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGINT, SIG_DFL);
        const SignalWatch watch;
        std::raise(SIGINT);
        if (watch.caught() == SIGINT) std::raise(SIGINT);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGINT);
}
