#!/bin/bash
# Builds the fuzz targets and runs each of them for SECONDS; prints what was found, and exits with 1 if anything was.
#
#   tests/fuzz/run.sh [SECONDS [TARGET ...]]
#
# KNOLL_FUZZ_BUILD   a build folder with -DKNOLL_BUILD_FUZZERS=ON; build-fuzz, made where it is missing, unless given
# KNOLL_FUZZ_INPUTS  where inputs that reach new code are kept, to go on from in the next run; kept nowhere unless given
# KNOLL_FUZZ_JOBS    targets at a time; 1 unless given
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-5}
shift || true
targets=("$@")
[ $# -gt 0 ] || for folder in tests/fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
build=${KNOLL_FUZZ_BUILD:-build-fuzz}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

[ -f "$build/CMakeCache.txt" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 \
    -DKNOLL_BUILD_FUZZERS=ON -DKNOLL_BUILD_APPS=OFF -DKNOLL_BUILD_TESTS=OFF > "$scratch/configure" || { cat "$scratch/configure"; exit 2; }
cmake --build "$build" --target fuzz_targets > "$scratch/build" || { cat "$scratch/build"; exit 2; }

# One target: its inputs, its findings and its log have a folder each. Tensors stand for at most 1032 bytes per byte of a file, eight times
# that where their numbers are widened: 33 MiB for the longest input, 4 KiB, beside which a sanitizer needs little.
run() {
    local target=$1 inputs=${KNOLL_FUZZ_INPUTS:-$scratch}/$1 dictionary=tests/fuzz/dictionaries/$1.dict options=()
    mkdir -p "$inputs" "$scratch/found/$target"
    [ ! -f "$dictionary" ] || options+=("-dict=$dictionary")
    "$build/fuzz_$target" "$inputs" "tests/fuzz/corpus/$target" -max_total_time="$seconds" -max_len=4096 -malloc_limit_mb=48 -rss_limit_mb=1024 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="$scratch/found/$target/" "${options[@]}" > "$scratch/$target.log" 2>&1 || touch "$scratch/$target.failed"
}

for target in "${targets[@]}"; do
    run "$target" &
    [ "$(jobs -rp | wc -l)" -lt "${KNOLL_FUZZ_JOBS:-1}" ] || wait -n
done
wait

status=0
printf '%-12s %12s %9s\n' target runs findings
for target in "${targets[@]}"; do
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/$target.log")
    findings=$(find "$scratch/found/$target" -type f | wc -l)
    printf '%-12s %12s %9s\n' "$target" "${runs:-?}" "$findings"
    [ -f "$scratch/$target.failed" ] || [ "$findings" -gt 0 ] || continue
    status=1
    mkdir -p "$build/findings"
    cp "$scratch/$target.log" "$build/findings/"
    [ "$findings" -eq 0 ] || cp -r "$scratch/found/$target" "$build/findings/"
done
[ "$status" -eq 0 ] || echo "logs and inputs are in $build/findings; to see one again: $build/fuzz_TARGET FILE" >&2
exit "$status"
