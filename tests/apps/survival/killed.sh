#!/bin/bash
# Kills training runs with SIGKILL at random moments, resumes each, and compares what is left with a run that nobody disturbed, bit for
# bit but for the seconds that it took:  killed.sh KNOLL [KILLS] [SEED]
set -u
knoll=$1
kills=${2:-20}
seed=${3:-1}
RANDOM=$seed

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run=(train missing-labels --loss hill --data shapes --train-size 200 --test-size 100 --epochs 3 --checkpoint-every 2 --quiet)

now() { date +%s%N; }

# The files of a finished run, without the numbers that no two runs share.
essence() {
    (cd "$1" && cat model.safetensors settings.txt options.txt && cut -d, -f1-3,5- log.csv && sed -E 's/"seconds": ?[-+.0-9e]+//g' run.json results.json) |
        sha256sum
}

# Waits until the run has begun, which is when its settings stand in the folder, or has ended.
until_begun() {
    while [ ! -e "$1/settings.txt" ] && kill -0 "$2" 2>/dev/null; do sleep 0.002; done
}

"$knoll" "${run[@]}" --out "$work/whole" >/dev/null &
pid=$!
begin=$(now)
until_begun "$work/whole" $pid
begun=$(now)
wait $pid || exit 1
ended=$(now)
wanted=$(essence "$work/whole")
printf 'undisturbed: %d ms, of them %d before the first step; %d kills, seed %d\n' $(((ended - begin) / 1000000)) $(((begun - begin) / 1000000)) "$kills" "$seed"

same=0
for ((i = 1; i <= kills; ++i)); do
    folder=$work/$i
    # Every fifth moment is one since the start of the process, the others are since the first step.
    clock="first step" span=$(((ended - begun) / 1000))
    ((i % 5 == 0)) && clock=start span=$(((ended - begin) / 1000))
    moment=$(((RANDOM * 32768 + RANDOM) % span))
    # A run that was done before the signal came was not killed: once more, earlier.
    while true; do
        rm -rf "$folder"
        "$knoll" "${run[@]}" --out "$folder" >/dev/null 2>&1 &
        pid=$!
        [ "$clock" = start ] || until_begun "$folder" $pid
        sleep "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))"
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        [ $? -eq 137 ] && break
        moment=$((moment * 3 / 4))
    done
    # Before its settings stood in the folder it had not begun.
    if [ -e "$folder/settings.txt" ]; then way="--resume"; else way="--out"; fi
    stood=none
    [ -e "$folder/log.csv" ] && stood="epoch $(($(wc -l <"$folder/log.csv") - 1))"
    if [ "$way" = --resume ]; then
        "$knoll" train missing-labels --quiet --resume "$folder" >/dev/null 2>"$work/error"
    else
        "$knoll" "${run[@]}" --out "$folder" >/dev/null 2>"$work/error"
    fi
    status=$?
    verdict=differs
    [ $status -eq 0 ] && [ "$(essence "$folder")" = "$wanted" ] && verdict=same && same=$((same + 1))
    leftovers=$(find "$folder" -name '*.tmp' -o -name '*.next.*' | wc -l)
    [ "$leftovers" -eq 0 ] || verdict="$verdict, with $leftovers files left over" same=$((same - 1))
    printf 'killed %4d ms after the %-10s  log: %-8s  %-8s  exit %d, %s\n' $((moment / 1000)) "$clock" "$stood" "$way" "$status" "$verdict"
    [ -s "$work/error" ] && cat "$work/error"
done
echo "$same of $kills"
[ "$same" -eq "$kills" ]
