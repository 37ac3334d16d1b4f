"""Writes Formats/TensorFile/Values/Codebook+Tables.swift from the grids of gguf, ggml's Python package.

    pip install gguf && python Tools/generate/codebooks.py
"""

import pathlib
from importlib import metadata

from gguf import quants

OUTPUT = pathlib.Path(__file__).parents[2] / "Formats/TensorFile/Values/Codebook+Tables.swift"
TABLES = [("iq2_XXS", quants.IQ2_XXS), ("iq2_XS", quants.IQ2_XS), ("iq2_S", quants.IQ2_S),
          ("iq3_XXS", quants.IQ3_XXS), ("iq3_S", quants.IQ3_S), ("iq1", quants.IQ1_S)]

lines = ["// Written by Tools/generate/codebooks.py; do not edit.",
         "//",
         "// The tables come from ggml (https://github.com/ggml-org/ggml) by way of its Python package gguf, under this licence:",
         "//"]
lines += [("// " + line).rstrip() for line in metadata.distribution("gguf").read_text("licenses/LICENSE").strip().splitlines()]
lines += ["", "extension Codebook {"]
for name, kind in TABLES:
    digits = kind.grid_hex.decode()
    levels = ", ".join(map(str, kind.grid_map))
    lines += [f"    static let {name} = Codebook(", f"        width: {kind.grid_shape[1]},", f"        levels: [{levels}],", '        """']
    lines += ["        " + digits[i:i + 112] for i in range(0, len(digits), 112)]
    lines += ['        """', "    )", ""]
lines[-1] = "}"
OUTPUT.write_text("\n".join(lines) + "\n")
