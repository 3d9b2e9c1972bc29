#!/bin/bash
# All that is too long for every change: faults planted one by one, ten minutes of every fuzz target, 40 killed runs, the agreement of
# compilers, the thread sanitizer. Two to three hours on two cores; docs/reliability.md says what each shows.
set -euo pipefail
cd "$(dirname "$0")/.."

./test.sh
tests/faults/plant.py
KNOLL_FUZZ_JOBS=2 tests/fuzz/run.sh 600
tests/apps/survival/killed.sh build/knoll 20 1
tests/apps/survival/killed.sh build/knoll 20 1 compare
tests/agreement/run.sh
tests/threads.sh
