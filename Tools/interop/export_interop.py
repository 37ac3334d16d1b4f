#!/usr/bin/env python3
"""Opens what seeconv exports with the libraries that people use, and compares every value to the last bit.

    export_interop.py MODEL_DIRECTORY [--seeconv PATH] [--ratio R]

Imports and factorizes the model, exports it densely as a model directory, GGUF and .npz, and checks that

1. safetensors, gguf-py and NumPy read the same tensors: those that were not factorized equal the source's, the
   factorized one is equal in all three;
2. transformers opens the directory with no missing and no unexpected keys.

Needs: pip install safetensors gguf numpy torch transformers. Exits 1 at the first difference.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy
from safetensors.numpy import load_file


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seeconv", default=".build/release/seeconv")
    parser.add_argument("--ratio", default="20")
    arguments = parser.parse_args()

    def seeconv(*words):
        subprocess.run([arguments.seeconv, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        seeconv("import", arguments.model, "-o", folder / "work")
        seeconv("factorize", folder / "work", "--ratio", arguments.ratio)
        seeconv("export", folder / "work", "-o", folder / "dense", "--dense")
        seeconv("export", folder / "work", "-o", folder / "dense.gguf", "--dense", "--format", "gguf")
        seeconv("export", folder / "work", "-o", folder / "dense.npz", "--dense", "--format", "npz")

        source = load_file(arguments.model / "model.safetensors")
        dense = load_file(folder / "dense" / "model.safetensors")
        reader = gguf.GGUFReader(folder / "dense.gguf")
        from_gguf = {tensor.name: tensor.data for tensor in reader.tensors}
        from_npz = numpy.load(folder / "dense.npz")

        assert set(dense) == set(source), "the directory has other tensors than the source"
        changed = []
        for name, values in dense.items():
            assert values.shape == source[name].shape and values.dtype == source[name].dtype, name
            if values.tobytes() != source[name].tobytes():
                changed.append(name)
            for other in (from_gguf[name], from_npz[name]):
                assert numpy.ascontiguousarray(other).tobytes() == values.tobytes(), f"{name} differs between containers"
        print(f"{len(dense)} tensors: safetensors, gguf-py and NumPy agree to the last bit")
        print("rebuilt from factors:", ", ".join(changed))
        assert 0 < len(changed) <= 2

        from transformers import AutoModel

        _, loading = AutoModel.from_pretrained(folder / "dense", output_loading_info=True)
        lacking = {key: names for key, names in loading.items() if key.endswith("_keys") and names}
        print("transformers:", lacking or "no missing, unexpected or mismatched keys")
        assert not lacking


if __name__ == "__main__":
    sys.exit(main())
