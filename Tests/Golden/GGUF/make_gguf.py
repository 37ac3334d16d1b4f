#!/usr/bin/env python3
"""Writes the GGUF files beside this script with gguf-py (made with gguf 0.19.0, numpy 2.x).

The tests read them, compare every value with what is written here, and write them again with the
package's own writer: the bytes must be the same.
"""
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf import GGUFEndian, GGUFValueType as V, GGUFWriter

HERE = Path(__file__).parent
FLOATS = (np.arange(64, dtype=np.float32) - 31.5) / 8


def finish(writer: GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def metadata() -> None:
    """Every value type, scalar and in arrays; no tensors."""
    w = GGUFWriter(HERE / "metadata.gguf", "golden")
    w.add_uint8("u8", 255)
    w.add_int8("i8", -128)
    w.add_uint16("u16", 65535)
    w.add_int16("i16", -32768)
    w.add_uint32("u32", 4294967295)
    w.add_int32("i32", -2147483648)
    w.add_float32("f32", 0.5)
    w.add_bool("yes", True)
    w.add_bool("no", False)
    w.add_string("text", "Zürich 東京 🧶")
    w.add_uint64("u64", 2**64 - 1)
    w.add_int64("i64", -(2**63))
    w.add_float64("f64", 1e300)
    w.add_array("strings", ["a", "", "<0x0A>", "ü"])
    w.add_array("bytes", [b"\xff\xfe", b"nul\x00"])
    w.add_array("ints", [1, -2, 3])
    w.add_array("floats", [0.25, -1.5])
    w.add_array("bools", [True, False, True])
    w.add_key_value("octets", bytes([0, 127, 255]), V.ARRAY)
    for name, sub, values in [
        ("i8s", V.INT8, [-1, 1]), ("u16s", V.UINT16, [1, 65535]), ("i16s", V.INT16, [-1, 1]),
        ("u32s", V.UINT32, [1, 2**32 - 1]), ("u64s", V.UINT64, [1, 2**64 - 1]),
        ("i64s", V.INT64, [-(2**63), 7]), ("f64s", V.FLOAT64, [0.1, -0.2]),
    ]:
        w.add_key_value(name, values, V.ARRAY, sub_type=sub)
    finish(w)


def add_tensors(w: GGUFWriter) -> None:
    w.add_tensor("f32", FLOATS.reshape(2, 4, 8))
    w.add_tensor("f16", FLOATS[:3].astype(np.float16))
    w.add_tensor("f64", FLOATS[:2].astype(np.float64))
    w.add_tensor("i8", np.array([-1, 0, 1, 2, 3], dtype=np.int8))
    w.add_tensor("i16", np.array([[-1, 256]], dtype=np.int16))
    w.add_tensor("i32", np.array([-1, 65536, 7], dtype=np.int32))
    w.add_tensor("i64", np.array([-1, 2**40], dtype=np.int64))


def tensors() -> None:
    """Plain tensors, quantised ones, and one behind the other with padding between."""
    w = GGUFWriter(HERE / "tensors.gguf", "golden")
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_tensors(w)
    for type in [Q.BF16, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.MXFP4]:
        w.add_tensor(type.name.lower(), gguf.quantize(FLOATS.reshape(2, 32), type), raw_dtype=type)
    w.add_tensor("tq2_0", gguf.quantize(np.tile(FLOATS, 4).reshape(1, 256), Q.TQ2_0), raw_dtype=Q.TQ2_0)
    finish(w)


def alignment() -> None:
    """An alignment of its own."""
    w = GGUFWriter(HERE / "alignment.gguf", "golden")
    w.add_custom_alignment(64)
    add_tensors(w)
    finish(w)


def big_endian() -> None:
    """The plain tensors of `tensors`, and metadata, in big-endian order."""
    w = GGUFWriter(HERE / "big-endian.gguf", "golden", endianess=GGUFEndian.BIG)
    w.add_uint32("u32", 0x01020304)
    w.add_float32("f32", 0.5)
    w.add_array("strings", ["a", "", "ü"])
    w.add_array("ints", [1, -2, 3])
    add_tensors(w)
    finish(w)


def split() -> None:
    """Files of at most 280 bytes of tensors."""
    w = GGUFWriter(HERE / "split.gguf", "golden", split_max_size=280)
    w.add_uint32("golden.block_count", 1)
    add_tensors(w)
    w.add_tensor("tail", FLOATS)
    finish(w)


for make in [metadata, tensors, alignment, big_endian, split]:
    make()
