#!/bin/bash
# Prints how many lines of core, nn, losses and data the tests have run, and which files have most that they have not.
#
#   tests/coverage.sh BUILD
#
# BUILD has been configured with clang++ and -DKNOLL_COVERAGE=ON, its tests have been run with
# LLVM_PROFILE_FILE=BUILD/profiles/%2m.profraw (docs/reliability.md).
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:?expected a build folder}
programs=()
for program in core nn losses data records; do programs+=(-object "$build/test_$program"); done
llvm-profdata-14 merge -sparse "$build"/profiles/*.profraw -o "$build/profiles/tests.profdata"
llvm-cov-14 export -summary-only -instr-profile "$build/profiles/tests.profdata" "${programs[@]}" 2> "$build/profiles/warnings" |
    python3 -c '
import collections, json, os, sys
files = json.load(sys.stdin)["data"][0]["files"]
folders, left = collections.defaultdict(lambda: [0, 0]), []
for file in files:
    name = os.path.relpath(file["filename"]).replace(os.path.relpath(sys.argv[1]) + "/include/knoll/", "")
    folder, lines = name.split("/")[0], file["summary"]["lines"]
    if folder not in ("core", "nn", "losses", "data"):
        continue
    folders[folder][0] += lines["covered"]
    folders[folder][1] += lines["count"]
    left.append((lines["count"] - lines["covered"], lines["count"], name))
print("%-8s %9s %9s %7s" % ("folder", "lines", "run", "share"))
for folder, (covered, count) in sorted(folders.items()):
    print("%-8s %9d %9d %6.1f%%" % (folder, count, covered, 100 * covered / count))
print("\nmost lines not run:")
for missed, count, name in sorted(left, reverse=True)[:10]:
    print("%5d of %4d  %s" % (missed, count, name))
' "$build"
