#!/usr/bin/env python3
"""Trains a translator's small tables, a row for each form and seed, and measures BLEU before and after.

    distil_translator.py SEECONV MODEL --test test.de test.en [--rows coded-80,factors-40] [--seeds 1,2,3] [--threads N]
                         [--keep FOLDER] -- --parallel train.de train.en --text train.de
    distil_translator.py SEECONV MODEL --test test.de test.en --rows forms-40 [--lexicon FILE …] -- --parallel train.de train.en

What follows `--` is given to `seeconv distil` as its data; with the sources as a text too, the teacher's own translations of them
train beside those of the pairs. `forms-40` are the forms of a table beside each other, 40 times fewer bytes and the same training.
Rows are printed as they come. The seed is that of the factorization and of the training. BLEU is `seeconv eval`'s (beam 5), which
agrees with sacrebleu's.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

CODED = ["--weight-power", "0.25"]
LEARNED = CODED + ["--residual", "none", "--codes", "learned", "--ranks", "dealt"]
SHORT = ["--stage", "2", "--settle", "0.15", "--epochs", "0.85"]
# Name: ratio, how to factorize, how to train. What settles is all but the gains, which are rounded once and no longer move: the
# smaller the table, the longer the rest takes to get used to them.
ROWS = {
    "coded-40": (40, CODED, ["--stage", "2", "--settle", "0", "--epochs", "1"]),
    "coded-80": (80, CODED, ["--stage", "2", "--settle", "0", "--epochs", "1.25"]),
    "coded-80-long": (80, CODED, ["--stage", "2", "--settle", "0", "--epochs", "2.5"]),
    "factors-20": (20, LEARNED + ["--units", "1024", "--factor-type", "q4_0"], ["--stage", "2", "--settle", "0.4", "--epochs", "2"]),
    "factors-40": (40, LEARNED + ["--units", "1024", "--factor-type", "q4_0"], ["--stage", "2", "--settle", "0.5", "--epochs", "4"]),
    "factors-80": (80, LEARNED + ["--units", "512", "--gain-bits", "3", "--factor-type", "q8_0"],
                   ["--stage", "2", "--settle", "0.5", "--epochs", "5"]),
}
# Stands in a form for what `--lexicon` says.
LEXICONS = object()
# Forms of a table beside each other, each as `factorize` makes it by itself, with the same training.
FORMS = {
    "form-coded": (40, CODED, SHORT),
    **{f"form-{codes}": (40, CODED + ["--residual", "none", "--codes", codes], SHORT) for codes in ("learned", "random")},
    **{f"form-{codes}": (40, CODED + ["--residual", "none", "--codes", codes, LEXICONS], SHORT)
       for codes in ("hybrid", "lexicon", "shuffled")},
    **{f"form-{method}": (40, ["--method", method], SHORT) for method in ("morphte", "svd")},
}


def main():
    arguments, data = sys.argv[1:], []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, data = arguments[:place], arguments[place + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeconv")
    parser.add_argument("model")
    parser.add_argument("--test", nargs=2, required=True, metavar=("SOURCE", "REFERENCE"))
    parser.add_argument("--rows", default=",".join(ROWS), help="default: all but forms-40")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--lexicon", action="append", default=[], help="for the codes of lexicons (default: WordNet alone)")
    parser.add_argument("--keep", help="a folder for the workspaces (default: they are removed)")
    options = parser.parse_args(arguments)
    known = ROWS | FORMS
    names = [name for names in options.rows.split(",") for name in (FORMS if names == "forms-40" else [names])]
    unknown = [name for name in names if name not in known]
    if unknown or not data:
        parser.error(f"unknown rows: {unknown}" if unknown else "which data? -- --parallel SRC TGT")

    lexicons = [word for file in options.lexicon for word in ("--lexicon", file)]

    def run(*arguments):
        result = subprocess.run([options.seeconv, *arguments, "-q", "--threads", options.threads],
                                capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(result.stderr.strip())
        return result.stdout

    def bleu(path):
        return json.loads(run("eval", path, "--bleu", *options.test, "--beam", "5", "--json"))["bleu"]

    print(f"The model as it was: BLEU {bleu(options.model):.2f}", flush=True)
    print("| row | seed | byte ratio | tokens merged | BLEU before | held-out loss | steps | minutes | BLEU after |", flush=True)
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            ratio, form, training = known[name]
            form = [word for part in form for word in (lexicons if part is LEXICONS else [part])]
            for seed in options.seeds.split(","):
                work = str(pathlib.Path(options.keep or folder) / f"{name}-{seed}")
                run("import", options.model, "-o", work, "--force")
                table = json.loads(run("factorize", work, "--ratio", str(ratio), *form, "--seed", seed, "--json", "-"))
                table = table["tables"][0]
                before, start = bleu(work), time.time()
                result = json.loads(run("distil", work, *data, *training, "--seed", seed, "--json", "-"))
                minutes, loss = (time.time() - start) / 60, result["validation"]
                print(f"| {name} | {seed} | {table['byteRatioFloat32']:.2f} | {table['mergedTokens']} | {before:.2f} | "
                      f"{loss['before']:.3f} → {loss['after']:.3f} | {result['steps']} | {minutes:.0f} | {bleu(work):.2f} |",
                      flush=True)


if __name__ == "__main__":
    main()
