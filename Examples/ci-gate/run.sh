#!/usr/bin/env bash
# The gate at work: a model compressed 20 times passes a gate at 20 and fails one at 500.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../Tools/setup/common.sh"
build_release
seeconv="$root/.build/release/seeconv"
model=${1:-$(fetch_minilm)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$seeconv" import "$model" -o "$work/ws" --quiet >/dev/null
"$seeconv" factorize "$work/ws" --ratio 20 --quiet >/dev/null

"$root/Tools/ratio-gate" "$model" "$work/ws" --min-ratio 20 --junit "$work/gate.xml"
if "$root/Tools/ratio-gate" "$model" "$work/ws" --min-ratio 500; then
    echo "the gate at 500 should have failed" >&2
    exit 1
elif [ $? -ne 1 ]; then
    echo "the gate at 500 should have failed with exit code 1" >&2
    exit 1
fi
echo "The gate passes at 20 and fails at 500, as it should."
