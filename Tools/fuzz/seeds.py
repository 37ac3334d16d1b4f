#!/usr/bin/env python3
"""Writes the seeds of every fuzz target, or of those named: seeds.py FOLDER [TARGET...]

One function a target, of the target's name, that yields small valid files. The standard library suffices.
"""

import io
import json
import struct
import sys
import zipfile
import zlib
from pathlib import Path


def safetensors(entries, metadata=None, pad=True):
    """A safetensors file of `entries`: name, dtype, shape, bytes."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, values in entries:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if pad:
        text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def FuzzSafetensorsHeader():
    sizes = {"U64": 8, "I64": 8, "F64": 8, "C64": 8, "F32": 4, "U32": 4, "I32": 4, "BF16": 2, "F16": 2, "U16": 2, "I16": 2,
             "F8_E5M2FNUZ": 1, "F8_E4M3FNUZ": 1, "F8_E8M0": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1}
    yield safetensors([])
    yield safetensors([], metadata={"format": "pt"})
    yield safetensors([("t", "U8", [4], bytes(4))], pad=False)
    yield safetensors([(name, name, [1], bytes(size)) for name, size in sizes.items()])
    yield safetensors([("a", "F4", [4], bytes(2)), ("b", "F6_E2M3", [4], bytes(3)), ("é\n\"\\", "F32", [0, 3], b"")])
    yield safetensors([("scalar", "F32", [], bytes(4)), ("rank", "U8", [1] * 20, bytes(1))], metadata={"a": "é", "b": ""})
    escaped = b'{"\\u0074\\ud83d\\ude42":{"data_offsets":[0,1],"shape":[1],"dtype":"U8","x":[1.5e-3,true,null,{"y":[]}]}}'
    yield struct.pack("<Q", len(escaped)) + escaped + b"\0"
    yield safetensors([("t", "U8", [4], bytes(4))]) + b"PK\3\4"


def FuzzShardIndex():
    shards = {"a": "model-00001-of-00002.safetensors", "b.é": "model-00002-of-00002.safetensors"}
    yield json.dumps({"metadata": {"total_size": 12}, "weight_map": shards}, indent=2).encode()
    yield json.dumps({"weight_map": {}}).encode()
    yield json.dumps({"metadata": {"total_size": 1.5, "x": [None, True]}, "weight_map": {"a": "a"}, "y": {}}).encode()
    yield b'{"weight_map":{"\\u0061":"\\ud83d\\ude42.safetensors"}}'


class GGUF:
    """A GGUF file under construction; every number in the order and width of its version."""

    def __init__(self, version=3, order="<", alignment=32):
        self.version, self.order, self.alignment = version, order, alignment
        self.entries, self.infos, self.data = [], [], b""

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def length(self, value):
        return self.pack("I" if self.version == 1 else "Q", value)

    def string(self, text):
        text = text if isinstance(text, bytes) else text.encode()
        return self.length(len(text)) + text

    def add(self, key, kind, value):
        self.entries.append(self.string(key) + self.pack("I", kind) + value)
        return self

    def array(self, kind, items):
        return self.pack("I", kind) + self.length(len(items)) + b"".join(items)

    def tensor(self, name, dimensions, kind, values):
        self.data += bytes(-len(self.data) % self.alignment)
        sizes = b"".join(map(self.length, dimensions))
        place = self.pack("IQ", kind, len(self.data))
        self.infos.append(self.string(name) + self.pack("I", len(dimensions)) + sizes + place)
        self.data += values
        return self

    def file(self):
        counts = self.length(len(self.infos)) + self.length(len(self.entries))
        header = b"GGUF" + self.pack("I", self.version) + counts + b"".join(self.entries + self.infos)
        return header + bytes(-len(header) % self.alignment) + self.data


def FuzzGGUFHeader():
    forms = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
    yield GGUF().file()
    for version, order in [(1, "<"), (2, "<"), (3, "<"), (3, ">")]:
        file = GGUF(version, order)
        for kind, form in forms.items():
            file.add(f"scalar.{kind}", kind, file.pack(form, 1))
            file.add(f"array.{kind}", 9, file.array(kind, [file.pack(form, 1), file.pack(form, 0)]))
        file.add("nested", 9, file.array(9, [file.array(8, [file.string("a"), file.string(b"\xff")]), file.array(0, [])]))
        file.tensor("a", [2, 1], 0, bytes(8)).tensor("b", [32], 8, bytes(34)).tensor("c", [], 24, b"\1")
        yield file.file()
    file = GGUF(alignment=64)
    file.add("general.alignment", 4, file.pack("I", 64)).add("general.architecture", 8, file.string("llama"))
    for key, value in [("context_length", 8), ("embedding_length", 8), ("block_count", 2), ("attention.head_count", 2)]:
        file.add(f"llama.{key}", 4, file.pack("I", value))
    file.add("tokenizer.ggml.model", 8, file.string("llama"))
    file.add("tokenizer.ggml.tokens", 9, file.array(8, [file.string("<unk>"), file.string("<0x0A>")]))
    file.add("tokenizer.ggml.scores", 9, file.array(6, [file.pack("f", 0), file.pack("f", -1.5)]))
    file.add("tokenizer.ggml.token_type", 9, file.array(5, [file.pack("i", 2), file.pack("i", 6)]))
    yield file.tensor("token_embd.weight", [8, 2], 1, bytes(32)).tensor("x", [0], 0, b"").file()


def npy(text, data=b"", version=(1, 0)):
    """A .npy file with the header `text`."""
    text = text.encode("utf-8" if version[0] == 3 else "latin-1") + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", len(text)) + text + data


def array(descr="<f4", order=False, shape="(2, 3)", data=bytes(24), **options):
    return npy(f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}", data, **options)


def FuzzNumPyHeader():
    yield array()
    yield array(version=(2, 0))
    yield array(version=(3, 0))
    yield array(">c16", True, "(1L, 1L)", bytes(16))
    yield array("|b1", False, "()", b"\2")
    yield npy("{\"shape\": (0,), \"descr\": \"\\x3cV2\", \"fortran_order\": False}")
    yield npy("{'descr': [('a', '<f4'), (('t', 'b'), [('c', '|O')])], 'fortran_order': False, 'shape': (-1, 2)}")
    yield npy("{'descr': ('<f4', (2,)), 'fortran_order': None, 'shape': [1]}")


class Unseekable(io.BytesIO):
    """Makes zipfile write data descriptors."""

    def seekable(self):
        return False

    def tell(self):
        raise OSError


def archive(*members, method=zipfile.ZIP_STORED, target=io.BytesIO, comment=b"", zip64=True):
    file = target()
    with zipfile.ZipFile(file, "w", method) as out:
        out.comment = comment
        for name, content in members:
            with out.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as member:
                member._compress_type = method
                member.write(content)
    return file.getvalue()


def FuzzZipDirectory():
    both = [("a.npy", array()), ("b/c.npy", array("|b1", True, "(2, 2)", bytes(4)))]
    yield archive()
    yield archive(*both)
    yield archive(*both, comment=b"comment", zip64=False)
    yield archive(*both, ("README", b"text"), ("folder/", b""), target=Unseekable)
    plain = archive(("é.npy", array()), zip64=False)
    end = plain.rindex(b"PK\5\6")
    size, offset = struct.unpack("<II", plain[end + 12:end + 20])
    large = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    yield plain[:end] + large + locator + plain[end:end + 8] + b"\xff" * 12 + plain[end + 20:]


def FuzzZipMember():
    def member(method, content, packed):
        return struct.pack("<BII", method, zlib.crc32(content), len(content)) + packed

    def deflated(content, level=9):
        packer = zlib.compressobj(level, zlib.DEFLATED, -15)
        return packer.compress(content) + packer.flush()

    def zstandard(content):
        # A frame with one raw block.
        block = struct.pack("<I", len(content) << 3 | 1)[:3]
        return b"\x28\xb5\x2f\xfd\x00\x38" + block + content

    for content in [array(), array("<u1", True, "(40, 30)", bytes(range(240)) * 5)]:
        yield member(0, content, content)
        yield member(8, content, deflated(content))
        yield member(8, content, deflated(content, 0))
        yield member(93, content, zstandard(content))
        yield member(93, content, zstandard(content[:50]) + b"\x50\x2a\x4d\x18\1\0\0\0x" + zstandard(content[50:]))


def main(folder, *targets):
    for target in targets:
        place = Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(globals()[target]()):
            (place / f"seed-{number:03}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
