#!/usr/bin/env bash
# all-MiniLM-L6-v2 with a vocabulary table of 1/80 of the bytes, trained to give the vectors that it gave before.
#
#   Examples/distil-minilm/run.sh SENTENCES [--ratio R] [--steps N] [--model PATH] [--out FOLDER]
#
# SENTENCES is a text file, a sentence a line, of the kind that will be embedded: some ten thousand are enough. The last tenth
# of it is kept from the training and measured before and after. Where Python has sentence-transformers (PYTHON names
# another interpreter), the exported model is opened with it, and its vectors are compared with the original's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../Tools/setup/common.sh"

sentences="" ratio=80 steps=240 model="" out="$root/distil-minilm-out"
while [ $# -gt 0 ]; do
    case $1 in
    --ratio) ratio=${2:?--ratio needs a number}; shift 2 ;;
    --steps) steps=${2:?--steps needs a number}; shift 2 ;;
    --model) model=${2:?--model needs a path}; shift 2 ;;
    --out) out=${2:?--out needs a folder}; shift 2 ;;
    -*) die "unknown option $1 (known: --ratio R, --steps N, --model PATH, --out FOLDER)" 2 ;;
    *) sentences=$1; shift ;;
    esac
done
[ -s "$sentences" ] || die "which text? Examples/distil-minilm/run.sh SENTENCES" 2

build_release
seeconv="$root/.build/release/seeconv"
[ -n "$model" ] || model=$(fetch_minilm)
mkdir -p "$out"
started=$(date +%s)

# Files are often sorted: lines are shuffled before some are held out, always in the same way.
count=$(grep -c . "$sentences")
grep . "$sentences" | awk 'BEGIN { srand(1) } { printf "%.9f\t%s\n", rand(), $0 }' | sort -n | cut -f2- > "$out/all.txt"
head -n $((count - count / 10)) "$out/all.txt" > "$out/train.txt"
tail -n $((count / 10)) "$out/all.txt" | awk 'NR <= 2000' > "$out/held-out.txt"

say "1/5 import and factorize: $ratio times fewer bytes"
"$seeconv" import "$model" -o "$out/work" --force
"$seeconv" factorize "$out/work" --ratio "$ratio"
"$seeconv" eval "$out/work" --similarity "$out/held-out.txt" --teacher "$model"
say "2/5 distil: $steps steps"
"$seeconv" distil "$out/work" --text "$out/train.txt" --stage 2 --steps "$steps" --batch-tokens 2048 --force --html "$out/training.html"
say "3/5 export: compact, and as an ordinary model again"
"$seeconv" export "$out/work" -o "$out/compact" --force
"$seeconv" export "$out/work" -o "$out/dense" --dense --force
say "4/5 verify: do both still say what the model said?"
"$seeconv" verify "$model" "$out/compact" --text "$out/held-out.txt" --min-ratio "$ratio"
"$seeconv" eval "$out/work" --similarity "$out/held-out.txt" --teacher "$model"
say "5/5 the ordinary model in sentence-transformers"
if "${PYTHON:-python3}" -c 'import sentence_transformers' 2>/dev/null; then
    "${PYTHON:-python3}" "$here/check.py" "$model" "$out/dense" "$out/held-out.txt"
else
    say "left out: Python has no sentence-transformers (pip install sentence-transformers)"
fi
say "Done in $(($(date +%s) - started)) s. Compact model: $out/compact; ordinary model: $out/dense; training: $out/training.html"
