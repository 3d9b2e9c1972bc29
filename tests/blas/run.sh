#!/bin/sh
# Runs with one BLAS what must have the same bits at any number of threads: PROGRAM, and a training run of the knoll command if there is
# one. BLAS is pthread, openmp or serial (the builds of OpenBLAS in Debian) or reference (its libblas3); it is taken from the system, or
# from ROOT, where cmake/prepare.sh unpacks what is not installed. Elsewhere than on Debian a missing one makes the status 77: skipped.
#
#   tests/blas/run.sh BLAS ROOT ARCHITECTURE PROGRAM [KNOLL]
set -eu
blas=$1 root=$2 architecture=$3 program=$4 knoll=${5:-}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

case $blas in
    reference) file=blas/libblas.so.3 package=libblas3 ;;
    *) file=openblas-$blas/libopenblas.so.0 package=libopenblas0-$blas ;;
esac
for library in "/usr/lib/$architecture/$file" "$root/usr/lib/$architecture/$file" missing; do
    [ ! -e "$library" ] || break
done
if [ "$library" = missing ]; then
    echo "NOT TESTED: the BLAS of the kind $blas is not here. On Debian ./test.sh gets it; or: apt-get install $package"
    if command -v dpkg-query > /dev/null; then exit 1; else exit 77; fi
fi

# Under the name that programs ask for, with more threads than one, whatever the machine.
ln -s "$library" "$folder/libopenblas.so.0"
export LD_LIBRARY_PATH="$folder" OPENBLAS_NUM_THREADS=4 OMP_NUM_THREADS=4
"$program" "$blas"

[ -n "$knoll" ] || exit 0
for run in 1 2 3; do
    threads=2
    [ "$run" != 3 ] || threads=1
    "$knoll" train imbalanced --data shapes --loss cross_entropy --model mlp --epochs 1 --train-size 6000 --test-size 200 --threads "$threads" --quiet \
        --out "$folder/$run" > "$folder/output" 2>&1 || { cat "$folder/output"; exit 1; }
    cmp "$folder/1/model.safetensors" "$folder/$run/model.safetensors"
done
