#!/bin/bash
# Runs what works with several threads under the thread sanitizer: the pool and its kernels, every op, layer and loss at 1, 2, 3 and 8
# threads, reverse passes of several threads, the loader that prefetches. Builds with Clang into BUILD, build-threads unless given.
#
#   tests/threads.sh [BUILD]
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build-threads}
folders="core nn losses data records"
[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O1 -fsanitize=thread" \
    -DKNOLL_BUILD_APPS=OFF -DKNOLL_TESTS_NAMED=thread -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=8 > /dev/null
# shellcheck disable=SC2086
cmake --build "$build" --target contract_threads $(printf 'test_%s ' $folders) > "$build/log" || { cat "$build/log"; exit 2; }

export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}"
for folder in $folders; do "$build/test_$folder" "*thread*"; done
"$build/contract_threads"
