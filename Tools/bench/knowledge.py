"""Compares codes at equal bytes on a model's table: what knowledge is worth in a fit without finetuning.

    python Tools/bench/knowledge.py SEECONV MODEL [--ratios 10,20,40,80] [--codes learned,hybrid,...] [--lexicon FILE]

For every ratio and kind of codes: import, factorize, verify. A row has the byte ratio reached, the relative error, the
error weighted by the tokenizer's estimate of frequencies, the share of the ten nearest neighbours kept, and the seconds of
the fit. Rows are printed as they come.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time


def main():
    options = argparse.ArgumentParser()
    options.add_argument("seeconv")
    options.add_argument("model")
    options.add_argument("--ratios", default="10,20,40,80")
    options.add_argument("--codes", default="random,shuffled,morpheme,lexicon,hybrid,learned")
    options.add_argument("--lexicon", action="append", default=[])
    options = options.parse_args()
    print("| ratio | codes | form | byte ratio | relative error | weighted | neighbours kept | seconds |", flush=True)
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = str(pathlib.Path(folder) / "work")
        report = str(pathlib.Path(folder) / "report.json")
        subprocess.run([options.seeconv, "import", options.model, "-o", work, "-q"], check=True, capture_output=True)
        for ratio in options.ratios.split(","):
            for codes in options.codes.split(","):
                start = time.time()
                lexicons = ["--lexicon", *options.lexicon] if options.lexicon else []
                run = subprocess.run(
                    [options.seeconv, "factorize", work, "--ratio", ratio, "--codes", codes, "--order", "2", "--ranks", "even",
                     "--residual", "none", "-q", *lexicons],
                    capture_output=True, text=True)
                if run.returncode != 0:
                    print(f"| {ratio} | {codes} | {run.stderr.strip()} | | | | | |", flush=True)
                    continue
                seconds = time.time() - start
                cells = [cell for cell in run.stdout.splitlines()[-1].split("  ") if cell.strip()]
                subprocess.run([options.seeconv, "verify", options.model, work, "--json", report, "-q"],
                               check=True, capture_output=True)
                table = json.loads(pathlib.Path(report).read_text())["embeddings"][0]
                print(f"| {ratio} | {codes} | {cells[1].strip()} | {table['byteRatioFloat32']:.2f} | "
                      f"{table['relativeError']:.4f} | {float(cells[-1]):.4f} | "
                      f"{100 * table['neighboursKept']:.1f} % | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
