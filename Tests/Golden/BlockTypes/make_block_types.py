"""Writes the goldens of the block types with gguf (ggml's Python package) and of the small floats with ml_dtypes.

    pip install gguf ml_dtypes && python make_block_types.py

Blocks and values to convert come from SplitMix64, which the tests repeat; only digests of the results are kept.
edges.f32 holds values at the corners of the formats, edges.TYPE what they become.
"""

import pathlib

import gguf
import ml_dtypes
import numpy as np

HERE = pathlib.Path(__file__).parent
DECODED = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ1_S IQ1_M IQ4_NL IQ4_XS TQ1_0 TQ2_0 MXFP4 NVFP4 BF16 F16".split()
ENCODED = "F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 TQ1_0 TQ2_0 MXFP4".split()
SMALL = dict(F8_E5M2="float8_e5m2", F8_E4M3="float8_e4m3fn", F8_E8M0="float8_e8m0fnu", F8_E4M3FNUZ="float8_e4m3fnuz",
             F8_E5M2FNUZ="float8_e5m2fnuz", F6_E2M3="float6_e2m3fn", F6_E3M2="float6_e3m2fn", F4="float4_e2m1fn")
BLOCKS = 512


def split_mix(seed, count):
    """The first `count` outputs of SplitMix64."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def digest(words):
    """Sum of (word + 1)·(2·index + 1) modulo 2^64."""
    words = words.astype(np.uint64).ravel()
    odd = np.arange(len(words), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return f"{int(np.sum((words + np.uint64(1)) * odd)):016x}"


def float_bits(values):
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).copy()
    bits[np.isnan(values)] = 0x7FC00000
    return bits


def sums_of_fields(count):
    """Sums of four 16-bit fields about 0, roughly normal."""
    words = split_mix(7, count)
    return sum(((words >> np.uint64(s)) & np.uint64(0xFFFF)).astype(np.int64) for s in (0, 16, 32, 48)) - 131070


def random_values(count):
    """Every run of 256 has its own power of two."""
    exponent = (np.arange(count) // 256 % 41) - 36
    return np.ldexp(sums_of_fields(count).astype(np.float32), exponent).astype(np.float32)


def edge_values():
    rng = np.random.default_rng(5)
    rows = [np.zeros(256), np.full(256, -0.0), np.full(256, 1.5), np.full(256, -3e-8), np.linspace(-1, 1, 256)]
    rows.append(np.where(np.arange(256) % 2, 4.0, -4.0))  # equal magnitudes: the first decides
    rows.append((np.arange(256) % 17 - 8) / 2)  # ties between codes
    rows.append(np.arange(256) % 255 - 127 + 0.5)
    rows.append(rng.standard_normal(256) * 1e-40)  # subnormal
    rows.append(rng.standard_normal(256) * 1e-7)  # scales below F16
    rows.append(rng.standard_normal(256) * 1e4)
    rows.append(np.where(np.arange(256) % 32 == 5, 1e3, rng.standard_normal(256) * 1e-3))  # outliers
    rows.append(np.abs(rng.standard_normal(256)) + 3)
    rows.append(-np.abs(rng.standard_normal(256)) - 3)
    rows.append(np.nextafter(np.float32(2.0) ** (np.arange(256) // 32), np.float32(0)))  # just below powers of two
    rows.append(np.float32(2.0) ** -(np.arange(256) // 32))
    return np.array(rows).astype(np.float32)


def small_float(name, values):
    with np.errstate(all="ignore"):
        codes = values.astype(getattr(ml_dtypes, SMALL[name])).view(np.uint8)
    if name == "F4":
        return codes[0::2] | codes[1::2] << 4
    if name.startswith("F6"):
        words = sum(codes[i::4].astype(np.uint32) << (6 * i) for i in range(4))
        return np.stack([words >> s & 255 for s in (0, 8, 16)], axis=1).astype(np.uint8).ravel()
    return codes


def main():
    lines = []
    values, edges = random_values(BLOCKS * 256), edge_values()
    edges.tofile(HERE / "edges.f32")
    for name in DECODED:
        kind = gguf.GGMLQuantizationType[name]
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = split_mix(1, BLOCKS * size // 8).view(np.uint8).reshape(-1, size)
        with np.errstate(all="ignore"):
            lines.append(f"decode {name} {digest(float_bits(gguf.dequantize(blocks, kind)))}")
    for name in ENCODED:
        kind = gguf.GGMLQuantizationType[name]
        with np.errstate(all="ignore"):
            lines.append(f"encode {name} {digest(gguf.quantize(values.reshape(-1, 256), kind).view(np.uint8))}")
            if name == "MXFP4":  # the exponent of subnormal blocks wraps around in gguf
                edges[8] = 0
            gguf.quantize(edges, kind).tofile(HERE / f"edges.{name}")
    for name, kind in SMALL.items():
        codes = np.arange(256 if name.startswith("F8") else 64 if name.startswith("F6") else 16, dtype=np.uint8)
        lines.append(f"decode {name} {digest(float_bits(codes.view(getattr(ml_dtypes, kind)).astype(np.float32)))}")
        # Every upper half of a float, with lower halves that make ties and both sides of them.
        floats = np.add.outer(np.arange(1 << 16, dtype=np.uint32) << 16, np.uint32([0, 1, 0xFFFF]))
        lines.append(f"encode {name} {digest(small_float(name, floats.ravel().view(np.float32)))}")
    (HERE / "digests.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
