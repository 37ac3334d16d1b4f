#!/usr/bin/env python3
"""Prints what `factorize` leaves of vocabulary tables: plain and frequency-weighted errors at several ratios.

    error_table.py MODEL [--ratios 10,20,40,80]
    error_table.py --phi3 VOCABULARY.gguf [--columns 3072] [--folder DIRECTORY]

The second makes the table of a Phi-3-shaped model first: tokens and scores of a GGUF file, and rows with the spectrum of
scale_table.py. It stays in --folder, where it is named, for the next time. Every table is factorized with uniform weights and
with those of its tokenizer. Needs numpy and, for --phi3, gguf.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tools/generate"))


def make_phi3(path, vocabulary, columns):
    """A GGUF file with the vocabulary of another and an F32 embedding of as many rows."""
    import gguf
    import numpy as np
    from scale_table import write_table

    reader = gguf.GGUFReader(vocabulary)
    writer = gguf.GGUFWriter(path, "phi3")
    for name, field in reader.fields.items():
        if name.startswith(("tokenizer.ggml.", "phi3.")) and name != "phi3.embedding_length":
            inner = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], inner)
    writer.add_embedding_length(columns)
    rows = len(reader.fields["tokenizer.ggml.tokens"].data)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".safetensors") as table:
        write_table(table.name, rows, columns)
        start = Path(table.name).stat().st_size - 4 * rows * columns
        values = np.memmap(table.name, np.float32, "r", start, (rows, columns))
        writer.add_tensor("token_embd.weight", values)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--phi3", metavar="VOCABULARY.gguf", type=Path)
    parser.add_argument("--columns", type=int, default=3072)
    parser.add_argument("--ratios", default="10,20,40,80")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seeconv", default=str(ROOT / ".build/release/seeconv"))
    options = parser.parse_args()
    if (options.model is None) == (options.phi3 is None):
        parser.error("give a model or --phi3")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        source = options.model
        if options.phi3:
            source = folder / f"phi3-table-{options.columns}.gguf"
            if not source.exists():
                make_phi3(source, options.phi3, options.columns)
        work = Path(temporary) / "work"
        subprocess.run([options.seeconv, "import", source, "-o", work, "-q"], check=True, stdout=subprocess.DEVNULL)
        print("| table | ratio | weights | byte ratio | error | weighted error | seconds |\n|---|---|---|---|---|---|---|")
        for ratio in options.ratios.split(","):
            for weights in ["uniform", "tokenizer"]:
                start = time.perf_counter()
                out = subprocess.run([options.seeconv, "factorize", work, "--ratio", ratio, "--weights", weights, "-q", "--json", "-"],
                                     check=True, capture_output=True, text=True).stdout
                seconds = time.perf_counter() - start
                for table in json.loads(out)["tables"]:
                    rows, columns = table["shape"]
                    print(f"| {table['name']} {rows:,} × {columns:,} | {ratio} | {weights} | {table['byteRatioFloat32']:.2f} "
                          f"| {table['relativeError']:.4f} | {table['weightedRelativeError']:.4f} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
