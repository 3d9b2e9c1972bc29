#include "fuzz/run.h"
#include "support/hostile_corpus.h"
#include "support/temporary_file.h"

using namespace knoll;

TEST_CASE("damaged checkpoints are refused, and ask for twice their size at most") {
    const TemporaryFile folder;
    std::filesystem::create_directory(folder.folder() + "/some");
    const std::string path = folder.folder() + "/" + hostile_path;
    const auto read = [&](const std::string& content) {
        std::ofstream(path, std::ios::binary) << content;
        fuzz::Run run;
        nn::load_checkpoint(path, run.state());
        run.step();
    };
    check_hostile_files("checkpoint", {.bytes_per_byte = 2, .flipped = 64}, read);
}
