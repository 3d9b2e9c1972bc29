#!/bin/bash
# Do two builds compute the same, and one of them with and without AVX2? Prints the worst deviation among ops, layers, losses and training runs; exits with 1 if it is too large.
#
#   tests/agreement/run.sh [BUILD BUILD]
#
# Two build folders; without them, one by GCC and one by Clang, made below build-agreement with what this needs and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ $# -eq 0 ]; then
    set -- build-agreement/gcc build-agreement/clang
    for compiler in gcc:g++ clang:clang++-14; do
        [ -f "build-agreement/${compiler%%:*}/CMakeCache.txt" ] || cmake -S . -B "build-agreement/${compiler%%:*}" -G Ninja -DKNOLL_BUILD_APPS=OFF \
            -DCMAKE_CXX_COMPILER="${compiler#*:}" > /dev/null
    done
fi
[ $# -eq 2 ] || { echo "usage: tests/agreement/run.sh [BUILD BUILD]" >&2; exit 2; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for build in "$@"; do
    cmake --build "$build" --target compiler_agreement > "$scratch/log" || { cat "$scratch/log"; exit 2; }
done
status=0
"$1/compiler_agreement" write "$scratch/first.safetensors"
"$2/compiler_agreement" write "$scratch/second.safetensors"
"$1/compiler_agreement" compare "$scratch/first.safetensors" "$scratch/second.safetensors" || status=$?

printf '\nwith AVX2 and without, where there is AVX2:\n'
KNOLL_BASELINE=1 "$1/compiler_agreement" write "$scratch/baseline.safetensors"
"$1/compiler_agreement" compare "$scratch/first.safetensors" "$scratch/baseline.safetensors" || status=$?
exit "$status"
