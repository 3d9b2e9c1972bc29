#!/bin/bash
# Kills training runs, or comparisons of four, with SIGKILL at random moments, resumes each, and compares what is left with one that nobody
# disturbed, bit for bit but for the seconds that it took:  killed.sh KNOLL [KILLS] [SEED] [train|compare]
set -u
knoll=$1
kills=${2:-20}
seed=${3:-1}
command=${4:-train}
RANDOM=$seed

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What stands in the folder once the run has begun.
case $command in
    train) run=(train missing-labels --loss hill --epochs 3) trace=settings.txt ;;
    compare) run=(compare missing-labels --losses bce,hill --seeds 2 --epochs 1) trace=runs ;;
    *) echo "expected train or compare, got $command" >&2 && exit 2 ;;
esac
run+=(--data shapes --train-size 200 --test-size 100 --checkpoint-every 2 --quiet)

now() { date +%s%N; }

# The files of a finished run, without the numbers that no two runs share.
essence() {
    (
        cd "$1" || exit 1
        find . -name model.safetensors -o -name settings.txt -o -name options.txt | sort | xargs cat
        find . -name log.csv | sort | xargs -n 1 cut -d, -f1-3,5-
        find . -name '*.json' | sort | xargs sed -E 's/"seconds": ?[-+.0-9e]+//g'
    ) | sha256sum
}

# Waits until the run has begun or has ended.
until_begun() {
    while [ ! -e "$1/$trace" ] && kill -0 "$2" 2>/dev/null; do sleep 0.002; done
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
    if [ -e "$folder/$trace" ]; then way="--resume"; else way="--out"; fi
    logged=$(find "$folder" -name log.csv 2>/dev/null | xargs -r cat | grep -c '^[0-9]')
    if [ "$way" = --resume ]; then
        "$knoll" "$command" missing-labels --quiet --resume "$folder" >/dev/null 2>"$work/error"
    else
        "$knoll" "${run[@]}" --out "$folder" >/dev/null 2>"$work/error"
    fi
    status=$?
    verdict=differs
    [ $status -eq 0 ] && [ "$(essence "$folder")" = "$wanted" ] && verdict=same && same=$((same + 1))
    leftovers=$(find "$folder" -name '*.tmp' -o -name '*.next.*' | wc -l)
    [ "$leftovers" -eq 0 ] || verdict="$verdict, with $leftovers files left over" same=$((same - 1))
    printf 'killed %4d ms after the %-10s  epochs logged: %d  %-8s  exit %d, %s\n' $((moment / 1000)) "$clock" "$logged" "$way" "$status" "$verdict"
    [ -s "$work/error" ] && cat "$work/error"
done
echo "$same of $kills"
[ "$same" -eq "$kills" ]
