#!/usr/bin/env python3
"""Checks the GGUF reader and writer against gguf-py, in both directions and on broken files.

    gguf_interop.py [--bench PATH] [--files N] [--broken N] [--seed S]

1. gguf-py writes random files; the copy that gguf-bench makes must have the same bytes.
2. Files are broken in a few places. Where the reader accepts one, gguf-py must accept it too and find the same in the copy
   as in the file, but for the differences that Formats/GGUF/README.md lists.

Needs: pip install gguf, and a release build of gguf-bench in Tools/bench/formats. Exits 1 at the first difference and prints
the seed that repeats it.
"""

import argparse
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

# Types that gguf-py both knows and sizes as ggml does.
TYPES = [kind for kind in GGMLQuantizationType if kind.name not in ("Q8_1", "Q1_0", "Q2_0")]
NUMBERS = {
    GGUFValueType.UINT8: "B", GGUFValueType.INT8: "b", GGUFValueType.UINT16: "H", GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I", GGUFValueType.INT32: "i", GGUFValueType.UINT64: "Q", GGUFValueType.INT64: "q",
    GGUFValueType.FLOAT32: "f", GGUFValueType.FLOAT64: "d", GGUFValueType.BOOL: "?",
}


class Bench:
    """The program under test: one process for all files, which a crash would end."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def copy(self, source, target):
        """Writes `source` anew; the error's text where it is refused."""
        self.process.stdin.write(f"copy {source} {target}\n")
        answer = self.process.stdout.readline()
        assert answer, f"gguf-bench crashed on {source.read_bytes()}"
        return answer if answer.startswith("refused") else None


def value(rng, kind):
    form = NUMBERS[kind]
    if form == "?":
        return rng.random() < 0.5
    if form in "fd":
        return rng.choice([0.0, -1.5, 0.1, 1e30, float("inf")])
    low = 0 if form.isupper() else -(1 << 8 * struct.calcsize(form) - 1)
    high = (1 << 8 * struct.calcsize(form) - (0 if form.isupper() else 1)) - 1
    return rng.choice([low, high, rng.randint(low, high)])


def text(rng):
    return "".join(rng.choice(["a", " ", "ü", "漢", "🙂", "\n", "\0"]) for _ in range(rng.randint(1, 9)))


def random_writer(rng, path, **options):
    writer = GGUFWriter(path, rng.choice(["llama", "bert"]), **options)
    if rng.random() < 0.3:
        writer.add_custom_alignment(8 << rng.randrange(5))
    for index in range(rng.randrange(8)):
        key, kind, choice = f"key.{index}", rng.choice(list(NUMBERS)), rng.randrange(4)
        if choice == 0:
            writer.add_key_value(key, value(rng, kind), kind)
        elif choice == 1:
            values = [value(rng, kind) for _ in range(rng.randint(1, 20))]
            writer.add_key_value(key, values, GGUFValueType.ARRAY, sub_type=kind)
        elif choice == 2:
            writer.add_string(key, text(rng))
        else:
            writer.add_array(key, [rng.choice([text(rng), ""]) for _ in range(rng.randint(1, 20))])
    for index in range(rng.randrange(6)):
        kind = rng.choice(TYPES)
        elements, size = GGML_QUANT_SIZES[kind]
        shape = [rng.randint(1, 3) for _ in range(rng.randrange(3))] + [size * rng.randint(1, 3)]
        data = np.frombuffer(rng.randbytes(int(np.prod(shape))), dtype=np.uint8).reshape(shape)
        writer.add_tensor(f"tensor {index}", data, raw_dtype=kind)
    return writer


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def contents(path):
    """All that gguf-py finds in a file. Reading its fields one by one checks what opening it leaves unchecked."""
    reader = GGUFReader(path)
    fields = {
        name: ([kind.name for kind in field.types], [field.parts[index].tobytes() for index in field.data])
        for name, field in reader.fields.items() if not name.startswith("GGUF.")
    }
    tensors = {
        tensor.name: (tensor.tensor_type.name, tensor.shape.tolist(), tensor.data.tobytes()) for tensor in reader.tensors
    }
    return fields, tensors


def check_copies(bench, folder, rng, count):
    for _ in range(count):
        for file in folder.iterdir():
            file.unlink()
        finish(random_writer(rng, folder / "file.gguf"))
        refusal = bench.copy(folder / "file.gguf", folder / "copy.gguf")
        assert refusal is None, refusal
        assert (folder / "copy.gguf").read_bytes() == (folder / "file.gguf").read_bytes(), "the copy has other bytes"


def broken(rng, whole):
    """`whole` with a few bytes of its header changed."""
    damaged = bytearray(whole)
    for _ in range(rng.randint(1, 2)):
        place = rng.randrange(8, min(len(whole), 400))
        if rng.random() < 0.3:
            form, number = rng.choice([("<Q", rng.choice([0, 1, 2, 1 << 31, 1 << 32, 1 << 63])), ("<I", rng.randrange(44))])
            damaged[place:place + struct.calcsize(form)] = struct.pack(form, number)
        else:
            damaged[place] = rng.choice([0, 255, damaged[place] ^ 1 << rng.randrange(8), rng.randrange(256)])
    return bytes(damaged[: len(whole)])


def check_broken(bench, folder, rng, count):
    accepted, source, target = 0, folder / "broken.gguf", folder / "mended.gguf"
    for number in range(count):
        if number % 20 == 0:
            finish(random_writer(rng, folder / "file.gguf"))
        damaged = broken(rng, (folder / "file.gguf").read_bytes())
        source.write_bytes(damaged)
        if bench.copy(source, target) is not None:
            continue
        accepted += 1
        try:
            theirs = contents(source)
        except (KeyError, ValueError) as error:
            # Listed: types that gguf-py does not know, and the bytes of Q8_1.
            assert " is not a valid GGMLQuantizationType" in str(error) or "Q8_1" in str(error), f"{error} in {damaged}"
            continue
        if any(kind == "Q8_1" for kind, _, _ in theirs[1].values()):
            continue
        assert contents(target) == theirs, f"gguf-py finds something else in the copy of {damaged}"
    return accepted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--bench", default=root / "Tools/bench/formats/.build/release/gguf-bench", type=Path)
    parser.add_argument("--files", default=100, type=int)
    parser.add_argument("--broken", default=1000, type=int)
    parser.add_argument("--seed", default=random.randrange(2**32), type=int)
    options = parser.parse_args()
    rng, bench = random.Random(options.seed), Bench(options.bench)
    try:
        with tempfile.TemporaryDirectory() as folder:
            check_copies(bench, Path(folder), rng, options.files)
            accepted = check_broken(bench, Path(folder), rng, options.broken)
    except AssertionError as error:
        sys.exit(f"seed {options.seed}: {error}")
    print(f"{options.files} files copied; {options.broken} broken ones, {accepted} of them sound and read alike")


if __name__ == "__main__":
    main()
