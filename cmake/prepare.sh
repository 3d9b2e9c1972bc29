# Shared by demo.sh and test.sh, which source it at the root of the checkout: installs the packages that are missing,
# configures and builds. Quick when there is nothing to do.

build=build
needed="g++ cmake ninja-build libopenblas-dev zlib1g-dev catch2 nlohmann-json3-dev libcli11-dev libpng-dev"
garments=dataset-fashion-mnist

say() { printf '%s\n' "$*"; }

missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "Installing packages needs root, and there is no sudo. As root, run:" >&2
        say "  $*" >&2
        exit 1
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -q "$@"
}

install_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null || ! command -v c++ >/dev/null; then
            say "This is no Debian system. Please install: a C++20 compiler, cmake, ninja, OpenBLAS, zlib, Catch2 2.13, nlohmann-json, CLI11, libpng." >&2
            say "  Fedora: dnf install gcc-c++ cmake ninja-build openblas-devel zlib-devel catch2-devel json-devel cli11-devel libpng-devel" >&2
            say "  macOS:  brew install cmake ninja openblas zlib catch2@2 nlohmann-json cli11 libpng" >&2
            exit 1
        fi
        return
    fi
    packages=$(missing_packages $needed)
    data=$(missing_packages $garments)
    [ -n "$packages$data" ] || return 0
    say "Installing: $packages$data"
    as_root apt-get update -q || say "apt-get update failed; trying with the package lists at hand." >&2
    # shellcheck disable=SC2086
    [ -z "$packages" ] || apt_install $packages
    # shellcheck disable=SC2086
    [ -z "$data" ] || apt_install $data || say "The package $garments is not to be had here; what needs Fashion-MNIST will say so." >&2
}

# Each build of OpenBLAS and the reference BLAS, for the tests that run with all of them. Those that are not installed are unpacked into
# the build folder and stay out of the system, where they would have a say in which BLAS other programs use.
unpack_blas() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
    mkdir -p "$build/blas"
    for package in $(missing_packages libopenblas0-pthread libopenblas0-openmp libopenblas0-serial libblas3); do
        [ ! -e "$build/blas/$package" ] || continue
        say "Unpacking $package into $build/blas"
        download="apt-get download -q -o APT::Sandbox::User=root $package"
        (cd "$build/blas" && rm -f "$package"_*.deb && { $download || { as_root apt-get update -q && $download; }; } &&
            dpkg-deb -x "$package"_*.deb . && rm "$package"_*.deb && touch "$package") ||
            say "The package $package is not to be had here; its test will fail and say so." >&2
    done
}

# build_knoll TARGET...: configures once, then builds. Sources are compiled eight at a time: they share headers and templates, which take
# longer than most of them.
build_knoll() {
    if [ ! -f "$build/build.ninja" ]; then
        cmake -S . -B "$build" -G Ninja -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=8 ${KNOLL_CMAKE_OPTIONS:-}
    fi
    cmake --build "$build" --target "$@"
}
