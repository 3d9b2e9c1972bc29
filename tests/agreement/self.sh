#!/bin/bash
# compiler_agreement PROGRAM against itself: two runs agree, a file with a changed number or none of the results does not.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$1" write "$scratch/a.safetensors"
"$1" write "$scratch/b.safetensors"
cmp "$scratch/a.safetensors" "$scratch/b.safetensors"
"$1" compare "$scratch/a.safetensors" "$scratch/b.safetensors"

# The last element, whose sign and exponent are in its last byte.
printf '\x42' | dd of="$scratch/b.safetensors" bs=1 seek=$(($(stat -c %s "$scratch/b.safetensors") - 1)) conv=notrunc status=none
status=0
"$1" compare "$scratch/a.safetensors" "$scratch/b.safetensors" || status=$?
[ "$status" -eq 1 ]
status=0
"$1" compare "$scratch/a.safetensors" "$scratch/none.safetensors" || status=$?
[ "$status" -eq 2 ]
