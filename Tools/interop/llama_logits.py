#!/usr/bin/env python3
"""Compares the scores of `seeconv eval --logits` with llama.cpp's on the same GGUF files.

    llama_logits.py FILE.gguf… [--seeconv PATH] [--tokens 24]

Both round activations to bytes where weights are quantised, so both differ from exact arithmetic on the same weights, which
is seeconv's on the file converted to F32. Fails where seeconv's root mean square error is more than 1.1 times llama.cpp's and
above 0.003 of the scores' standard deviation, or where the exact scores themselves are not llama.cpp's to within 0.05.

Needs: pip install llama-cpp-python numpy, and a release build. Exits 1 at a difference.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import llama_cpp
import numpy as np


def reference(path, tokens):
    """llama.cpp's scores after each of `tokens`."""
    parameters = llama_cpp.llama_model_default_params()
    parameters.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    context_parameters = llama_cpp.llama_context_default_params()
    context_parameters.n_ctx = max(256, len(tokens))
    context = llama_cpp.llama_init_from_model(model, context_parameters)
    width = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    rows = []
    for token in tokens:
        array = (llama_cpp.llama_token * 1)(int(token))
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, 1)) != 0:
            raise RuntimeError("llama_decode failed")
        scores = llama_cpp.llama_get_logits(context)
        rows.append(np.ctypeslib.as_array(scores, (width,)).copy())
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return np.stack(rows)


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--tokens", type=int, default=24)
    options = parser.parse_args()
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, None)
    failed = False
    # Ordinary tokens of any vocabulary of 500 or more.
    tokens = (37 * np.arange(options.tokens)) % 200 + 300
    for path in options.files:
        with tempfile.TemporaryDirectory() as folder:
            ids, plain = Path(folder) / "ids.npy", Path(folder) / "plain.gguf"
            np.save(ids, tokens.astype(np.int32))
            command = [options.seeconv, "convert", path, plain, "--dtype", "f32", "--quiet"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

            def scores(model):
                output = Path(folder) / "out.npz"
                command = [options.seeconv, "eval", model, "--logits", ids, "-o", output, "--quiet", "--force"]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                return np.load(output)["logits"]

            exact, found = scores(plain), scores(path)
        theirs = reference(path, tokens)
        ours, peers = (np.sqrt(np.mean((one - exact) ** 2)) / exact.std() for one in (found, theirs))
        passed = ours <= max(1.1 * peers, 0.003) and peers <= 0.05
        failed |= not passed
        print(f"{path.name:24} error of seeconv {ours:.4f}, of llama.cpp {peers:.4f}"
              f"{'' if passed else '  DIFFERENT'}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
