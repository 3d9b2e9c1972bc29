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
        try {
            nn::load_checkpoint(path, run.state());
        } catch (const Error&) {  // one of the corpus is of a run with fewer parts
            nn::load_checkpoint(path, {.model = run.net, .optimizer = &run.optimizer, .average = &run.average});
        }
        run.step();
    };
    check_hostile_files("checkpoint", {.bytes_per_byte = 2, .flipped = 64}, read);
}
