#!/bin/bash
# Runs what works with several threads under the thread sanitizer: the pool and its kernels, every op, layer and loss at 1, 2, 3 and 8
# threads, the loader that prefetches. Builds with Clang into BUILD, build-threads unless given.
#
#   tests/threads.sh [BUILD]
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build-threads}
[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DKNOLL_BUILD_APPS=OFF -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=None \
    -DKNOLL_TEST_OPTIMIZATION=-O0 -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=4 -DCMAKE_CXX_FLAGS="-O1 -fsanitize=thread" > /dev/null
cmake --build "$build" --target test_core test_data test_records > "$build/log" || { cat "$build/log"; exit 2; }

export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}"
"$build/test_core" "*thread*"
"$build/test_data" "*thread*"
"$build/test_records" "*threads"
