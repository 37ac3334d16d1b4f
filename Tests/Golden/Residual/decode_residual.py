#!/usr/bin/env python3
"""Decodes a coded residual from the specification alone (Sources/ResidualCoding/README.md), in plain Python.

    python3 Tests/Golden/Residual/decode_residual.py FOLDER ROWS COLUMNS

FOLDER holds residual.model, residual.basis, residual.index and residual.rows as files. Writes levels.json beside them:
the integers of every row along the coded axes, and the integers of the reflectors and the mean, which a decoder must
meet exactly. It shares no code with the encoder that made the golden files.
"""

import json
import pathlib
import struct
import sys


class Decoder:
    """The range decoder: 32 bits, bytes of the code zero beyond its end."""

    def __init__(self, data, first, last):
        self.data, self.position, self.end = data, first, last
        self.range, self.code = 0xFFFFFFFF, 0
        for _ in range(4):
            self.code = self.code << 8 | self.byte()

    def byte(self):
        value = 0
        for _ in range(8):
            inside = self.position < self.end
            bit = self.data[self.position >> 3] >> (7 - (self.position & 7)) & 1 if inside else 0
            value = value << 1 | bit
            self.position += 1
        return value

    def narrow(self, start, size, step):
        self.code = (self.code - step * start) & 0xFFFFFFFF
        self.range = step * size
        while self.range < 1 << 24:
            self.code = (self.code << 8 | self.byte()) & 0xFFFFFFFF
            self.range = self.range << 8

    def symbol(self, frequencies):
        total = sum(frequencies)
        step = self.range // total
        target = min(self.code // step, total - 1)
        start = 0
        for symbol, frequency in enumerate(frequencies):
            if target < start + frequency:
                self.narrow(start, frequency, step)
                return symbol
            start += frequency

    def bits(self, count):
        value = 0
        for _ in range(count):
            value = value << 1 | self.symbol([1, 1])
        return value

    def golomb(self):
        width = 0
        while self.bits(1) == 0:
            width += 1
        return (1 << width | self.bits(width)) - 1


class Adaptive:
    def __init__(self, count):
        self.frequencies = [1] * count

    def decode(self, decoder):
        symbol = decoder.symbol(self.frequencies)
        self.frequencies[symbol] += 24
        if sum(self.frequencies) > 8192:
            self.frequencies = [(f + 1) // 2 for f in self.frequencies]
        return symbol


class Integers:
    def __init__(self, shift=0):
        self.model, self.shift = Adaptive(17), shift

    def decode(self, decoder):
        high = self.model.decode(decoder)
        if high == 16:
            high += decoder.golomb()
        magnitude = high << self.shift | decoder.bits(self.shift)
        return -magnitude if magnitude and decoder.bits(1) else magnitude


def symbol_shift(c):
    return max(0, (c - 34) >> 2)


def decode_tables(decoder):
    low, high = decoder.bits(8), decoder.bits(8)
    groups, points_model = [Integers() for _ in range(4)], Integers()
    levels, points = [], [0] * (8 * (high - low + 1))
    for i in range(32 * (high - low + 1)):
        symbol = i % 16
        group = 0 if i < 32 else 1 if symbol < 2 else 2 if symbol < 8 else 3
        before = levels[i - 32] if i >= 32 else 0
        levels.append(min(max(before + groups[group].decode(decoder), 0), 120))
    for i in range(len(points)):
        if i % 4 >= 1 and symbol_shift(low + i // 8) == 0:
            before = points[i - 8] if i >= 8 else 0
            points[i] = min(max(before + points_model.decode(decoder), -31), 31)
    powers = [32768, 30048, 27554, 25268, 23170, 21247, 19484, 17867]
    tables = []
    for first in range(0, len(levels), 16):
        raw = [powers[level & 7] >> (level >> 3) for level in levels[first : first + 16]]
        frequencies = [max(1, value * 32768 // max(1, sum(raw))) for value in raw]
        largest = frequencies.index(max(frequencies))
        frequencies[largest] += 32768 - sum(frequencies)
        tables.append(frequencies)
    return low, high, tables, points


def decode_index(data, rows, has_gains):
    decoder = Decoder(data, 0, 8 * len(data))
    gains = [Adaptive(41) for _ in range(41)]
    magnitudes = [Adaptive(32) for _ in range(41)]
    lengths = [Adaptive(176) for _ in range(32)]
    gain, result = 0, []
    for _ in range(rows):
        if has_gains:
            gain = gains[gain + 20].decode(decoder) - 20
        magnitude = magnitudes[gain + 20].decode(decoder)
        bucket = lengths[magnitude].decode(decoder)
        if bucket < 16:
            length = bucket
        else:
            octave = 4 + (bucket - 16) // 8
            length = ((8 + (bucket - 16) % 8) << (octave - 3)) + decoder.bits(octave - 3)
        result.append((gain, magnitude, length))
    return result


def decode(parts, rows, columns):
    model = parts["residual.model"]
    step, reflector_count, fineness, memory, unit, flags = struct.unpack_from("<fIBBBB", model)
    decoder = Decoder(model, 96, 8 * len(model))
    means = Integers(decoder.bits(5))
    mean = [means.decode(decoder) for _ in range(columns)]
    differences, classes, value = Integers(), [], 0
    for _ in range(columns):
        value += differences.decode(decoder)
        classes.append(value)
    low, high, tables, points = decode_tables(decoder)

    basis = parts["residual.basis"]
    decoder = Decoder(basis, 0, 8 * len(basis))
    models = [Integers(max(0, (i - 8) >> 2)) for i in range(64)]
    reflectors = []
    for k in range(reflector_count):
        quarters = fineness - 2 * ((columns - k).bit_length() - 1)
        model_of_k = models[min(max(quarters, 0), 63)]
        reflectors.append([model_of_k.decode(decoder) for _ in range(columns - 1 - k)])

    free, parity = {2: (0o2, 0o5), 3: (0o4, 0o13), 4: (0o4, 0o23), 5: (0o10, 0o45)}[memory]
    coded = [c for c in classes if c > 0]
    offset, levels, gains = 0, [], []
    for gain, magnitude_class, length in decode_index(parts["residual.index"], rows, flags & 1):
        gains.append(gain)
        decoder = Decoder(parts["residual.rows"], offset, offset + length * unit)
        offset += length * unit
        state, row = 0, []
        for c in coded:
            c = min(max(c + 2 * (magnitude_class - 18), low), high)
            pair = 2 * (c - low) + (state & 1)
            magnitude = decoder.symbol(tables[pair])
            if magnitude == 15:
                magnitude += decoder.golomb()
            magnitude = magnitude << symbol_shift(c) | decoder.bits(symbol_shift(c))
            level = 32 * (2 * magnitude - (state & 1)) if magnitude else 0
            if 1 <= magnitude <= 3:
                level += points[4 * pair + magnitude]
            if magnitude and decoder.bits(1):
                level = -level
            row.append(level)
            taken = state >> 1
            if state & 1:
                taken ^= parity >> 1
            if magnitude & 1:
                taken ^= free >> 1
            state = taken
        levels.append(row)
    return {"step": step, "mean": mean, "reflectors": reflectors, "gains": gains, "levels": levels}


def main():
    folder = pathlib.Path(sys.argv[1])
    names = ["residual.model", "residual.basis", "residual.index", "residual.rows"]
    parts = {name: (folder / name).read_bytes() for name in names}
    result = decode(parts, int(sys.argv[2]), int(sys.argv[3]))
    (folder / "levels.json").write_text(json.dumps(result, separators=(",", ":")))
    print(f"{len(result['levels'])} rows of {len(result['levels'][0])} coefficients")


if __name__ == "__main__":
    main()
