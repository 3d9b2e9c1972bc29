#!/bin/sh
# Installs what is missing, builds, and runs every test. Arguments go to ctest: ./test.sh -R convolution
set -eu
cd "$(dirname "$0")"
. ./cmake/prepare.sh
install_packages
build_knoll all
unpack_blas
exec ctest --test-dir "$build" --output-on-failure --parallel 2 "$@"
