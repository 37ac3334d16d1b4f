#!/usr/bin/env python3
"""Checks that llama.cpp loads what `seeconv convert` writes, and that the models still speak.

    llama_interop.py MODEL.gguf [--seeconv PATH] [--types f16,q8_0,q4_0,q4_k]

Converts a small llama model in F32 (stories260K, for instance) to every type, loads each with llama-cpp-python, generates
greedily, and prints the text. Every model must load and produce text; F16 must produce the original's.

Needs: pip install llama-cpp-python (compiles llama.cpp), and a release build of seeconv. Exits 1 at a failure.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from llama_cpp import Llama

PROMPT = "Once upon a time"


def generate(path):
    """What the model says after the prompt, greedily."""
    model = Llama(str(path), n_ctx=256, n_threads=1, seed=1, verbose=False)
    return model(PROMPT, max_tokens=60, temperature=0)["choices"][0]["text"]


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--types", default="f16,q8_0,q4_0,q4_k")
    options = parser.parse_args()
    original = generate(options.model)
    print(f"original: {PROMPT}{original!r}")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.types.split(","):
            target = Path(folder) / f"{kind}.gguf"
            subprocess.run([options.seeconv, "convert", options.model, target, "--dtype", kind], check=True)
            text = generate(target)
            print(f"{kind}: {PROMPT}{text!r}")
            if len(text.split()) < 20 or (kind == "f16" and text != original):
                print(f"{kind}: FAILED", file=sys.stderr)
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
