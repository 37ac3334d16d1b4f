#!/usr/bin/env python3
"""Checks seeconv against the reference library, in both directions and on broken files.

    safetensors_interop.py [--seeconv PATH] [--files N] [--broken N] [--seed S]

1. The reference writes random files of all its types; seeconv must list what it wrote, and its copy must have the same
   bytes, so that the reference reads it back.
2. Both judge files that are broken a little; their verdicts must be equal but for the differences that
   Formats/Safetensors/README.md lists.

Needs: pip install safetensors. Exits 1 at the first difference and prints the seed that repeats it.
"""

import argparse
import ctypes
import json
import math
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors import TensorSpec, deserialize, serialize

# The format's name, the name in Python, bits.
TYPES = [
    ("BOOL", "bool", 8), ("U8", "uint8", 8), ("I8", "int8", 8), ("F8_E5M2", "float8_e5m2", 8), ("F8_E4M3", "float8_e4m3fn", 8),
    ("F8_E8M0", "float8_e8m0fnu", 8), ("F8_E4M3FNUZ", "float8_e4m3fnuz", 8), ("F8_E5M2FNUZ", "float8_e5m2fnuz", 8),
    ("I16", "int16", 16), ("U16", "uint16", 16), ("F16", "float16", 16), ("BF16", "bfloat16", 16), ("I32", "int32", 32),
    ("U32", "uint32", 32), ("F32", "float32", 32), ("C64", "complex64", 64), ("F64", "float64", 64), ("I64", "int64", 64),
    ("U64", "uint64", 64), ("F4", "float4_e2m1fn_x2", 4),
]


class Refused(Exception):
    """seeconv's one-line error."""


# The only two functions that know seeconv's command line.


def inspect(seeconv, path):
    """The tensors that seeconv lists: name to type and shape."""
    run = subprocess.run([seeconv, "inspect", path, "--json"], capture_output=True, text=True)
    if run.returncode == 3:
        raise Refused(run.stderr.strip())
    assert run.returncode == 0, f"exit code {run.returncode}: {run.stderr}"
    return {tensor["name"]: (tensor["type"], tensor["shape"]) for tensor in json.loads(run.stdout)["tensors"]}


def copy(seeconv, source, target):
    """Has seeconv write `source` anew."""
    subprocess.run([seeconv, "convert", source, target], check=True, capture_output=True)


def random_file(rng):
    """A file of the reference's, and what stands in it."""
    keep, specs, expected = [], {}, {}
    for _ in range(rng.randint(0, 8)):
        kind, python, bits = rng.choice(TYPES)
        name = "".join(rng.choice(["a", "b", ".", "/", " ", '"', "\\", "é", "e\u0301", "漢", "🙂"]) for _ in range(8))
        shape = [rng.choice([0, 1, 2, 3, 5]) for _ in range(rng.randint(0, 3))]
        if kind == "F4" and not shape:
            shape = [2]
        # Python counts the bytes of packed 4-bit values in the last dimension, the file counts values.
        in_file = shape[:-1] + [2 * shape[-1]] if kind == "F4" else shape
        size = math.prod(in_file) * bits // 8
        values = bytes(rng.randrange(2) for _ in range(size)) if kind == "BOOL" else rng.randbytes(size)
        buffer = ctypes.create_string_buffer(values, max(1, size))
        keep.append(buffer)
        specs[name] = TensorSpec(dtype=python, shape=shape, data_ptr=ctypes.addressof(buffer), data_len=size)
        expected[name] = (kind, in_file)
    # One entry at most: the reference writes several in random order.
    return bytes(serialize(specs, rng.choice([None, {"format": "pt"}]))), expected


def check_round_trips(seeconv, folder, rng, count):
    source, target = folder / "reference.safetensors", folder / "copy.safetensors"
    for _ in range(count):
        contents, expected = random_file(rng)
        source.write_bytes(contents)
        target.unlink(missing_ok=True)
        assert inspect(seeconv, source) == expected, f"seeconv lists other tensors than {expected}"
        copy(seeconv, source, target)
        assert target.read_bytes() == contents, "seeconv's copy has other bytes"
        deserialize(target.read_bytes())


def number(rng, value):
    """`value` as JSON, or rarely something that is no size."""
    odd = ["-0", "2.0", "1e0", "02", '"2"', "null", "-1", str(2**63 - 1), str(2**63), str(2**64 - 1), str(2**64)]
    return rng.choice(odd) if rng.random() < 0.04 else str(value)


def broken_file(rng):
    """A file that may be broken, and whether a listed difference may touch it."""
    differs, offset, entries = False, 0, []
    near = lambda value: value + (rng.choice([-1, 1]) if rng.random() < 0.03 else 0)
    for index in range(rng.randint(0, 4)):
        kind, bits = rng.choice([("U8", 8), ("F32", 32), ("F4", 4), ("F6_E2M3", 6), ("BOOL", 8), ("F16", 16), ("f32", 32)])
        shape = [rng.choice([0, 1, 2, 3, 4]) for _ in range(rng.randint(0, 3))]
        if rng.random() < 0.01:
            shape.append(rng.choice([2**32, 2**62, 2**63 - 1]))
        size = (math.prod(shape) * bits + 7) // 8
        begin, end = near(offset), near(offset + size)
        offset += size
        name = rng.choice([f'"t{index}"'] * 8 + ['"t0"', f'"\\u0074{index}"', '""', '"\\n"', '"\\ud83d\\ude00"', '"\\ud83d"'])
        fields = [
            f'"dtype":"{kind}"',
            f'"shape":[{",".join(number(rng, length) for length in shape)}]',
            f'"data_offsets":[{number(rng, begin)},{number(rng, end)}]',
        ]
        if rng.random() < 0.1:
            fields.append(rng.choice(['"x":1', '"x":{"y":[1.5,-0.0,1e400]}', '"dtype":"U8"', '"x":"\\u12"', '"x":tru', '"x":-']))
        if rng.random() < 0.02:
            fields.pop(rng.randrange(3))
        rng.shuffle(fields)
        as_array = rng.random() < 0.01
        entries.append(f"{name}:" + (f'["{kind}",{shape},[{begin},{end}]]' if as_array else "{" + ",".join(fields) + "}"))
        # Listed: arrays as entries, control characters, overflows that a zero hides.
        differs |= as_array or name == '"\\n"' or any(str(2**power) in entries[-1] for power in (62, 63, 64)) or \
            any(str(2**power - 1) in entries[-1] for power in (63, 64))
    names = [json.loads(entry[: entry.index('":') + 1]) for entry in entries if '\\ud83d"' not in entry]
    differs |= len(set(names)) != len(names)
    if rng.random() < 0.3:
        metadata = rng.choice(["{}", "null", '{"a":"b"}', '{"a":"b","a":"c"}', '{"a":1}', "[]"])
        differs |= '"b","a"' in metadata
        entries.append(f'"__metadata__":{metadata}')
    if rng.random() < 0.3:
        rng.shuffle(entries)
    header = ("{" + ",".join(entries) + "}").encode()
    if rng.random() < 0.1:
        header = rng.choice([b" ", b"\n\t", b"\0", b"\xef\xbb\xbf"]) + header
    if rng.random() < 0.1:
        header += rng.choice([b" ", b"\n\t", b"\0", b"{}", b",", b"//"])
    data = bytes(max(0, near(offset))) if offset < 10**6 else b""
    return struct.pack("<Q", len(header)) + header + data, differs


def check_verdicts(seeconv, folder, rng, count):
    path = folder / "broken.safetensors"
    accepted = 0
    for _ in range(count):
        contents, differs = broken_file(rng)
        path.write_bytes(contents)
        try:
            theirs = {name: (info["dtype"], list(info["shape"])) for name, info in deserialize(contents)}
        except Exception as error:
            theirs = error
        try:
            ours = inspect(seeconv, path)
        except Refused as error:
            ours = error
        if isinstance(ours, dict) and isinstance(theirs, dict):
            assert ours == theirs, f"other tensors in {contents}: {ours} and {theirs}"
            accepted += 1
        elif isinstance(ours, dict):
            raise AssertionError(f"only seeconv accepts {contents}: {theirs}")
        elif isinstance(theirs, dict) and not differs:
            raise AssertionError(f"only seeconv refuses {contents}: {ours}")
    return accepted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv", type=Path)
    parser.add_argument("--files", default=100, type=int)
    parser.add_argument("--broken", default=1000, type=int)
    parser.add_argument("--seed", default=random.randrange(2**32), type=int)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    try:
        with tempfile.TemporaryDirectory() as folder:
            check_round_trips(options.seeconv, Path(folder), rng, options.files)
            accepted = check_verdicts(options.seeconv, Path(folder), rng, options.broken)
    except AssertionError as error:
        sys.exit(f"seed {options.seed}: {error}")
    print(f"{options.files} files read and copied; {options.broken} broken ones judged alike, {accepted} of them sound")


if __name__ == "__main__":
    main()
