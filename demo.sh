#!/bin/sh
# Installs what is missing, builds, and runs the main job: losses for missing labels on scenes of garments with a single label left, and
# losses for imbalance on long-tailed Fashion-MNIST. Ends with both tables and the paths of the reports. A second call shows them at once.
set -eu
cd "$(dirname "$0")"
. ./cmake/prepare.sh
install_packages
build_knoll knoll_command

if [ -f "${KNOLL_DATA:=/usr/share/datasets/fashion-mnist}/train-images-idx3-ubyte.gz" ]; then
    data="--data fashion --data-dir $KNOLL_DATA"
    runs=runs/fashion
else
    say "No Fashion-MNIST in $KNOLL_DATA: this demo runs on shapes that knoll draws, which are far easier, so its numbers mean little."
    say "To run it on Fashion-MNIST, install the Debian package dataset-fashion-mnist; or put the four files train-images-idx3-ubyte.gz,"
    say "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into a folder, and run KNOLL_DATA=FOLDER ./demo.sh"
    data="--data shapes"
    runs=runs/shapes
fi

# Goes on with what an earlier call has done, unless it was done with other settings.
compare() {
    folder=$runs/$1
    if [ -d "$folder" ]; then
        status=0
        "$build/knoll" compare "$@" $data --resume "$folder" || status=$?
        [ "$status" = 2 ] || return "$status"
        say "Starting afresh."
    fi
    "$build/knoll" compare "$@" $data --out "$folder"
}

compare missing-labels --losses bce+full,bce,focal,asl,hill,splc --seeds 2
compare imbalanced --losses cross_entropy,softmax_focal,cot,cce --seeds 2

say
say "Missing labels: a single label left for each training image; bce+full has seen all of them"
cat "$runs/missing-labels/table.txt"
say
say "Imbalanced classes: long-tailed, the rarest class a hundredth of the most frequent"
cat "$runs/imbalanced/table.txt"
say
say "Reports: $PWD/$runs/missing-labels/report.html"
say "         $PWD/$runs/imbalanced/report.html"
