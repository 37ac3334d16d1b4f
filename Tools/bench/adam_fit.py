#!/usr/bin/env python3
"""Time of PyTorch's Adam to reach the error that `factorize` reaches, on the same form of factors, codes and gains.

    adam_fit.py MODEL-FOLDER [--rank 4] [--units 256] [--rows 30522] [--limit 600] [--seeconv .build/release/seeconv]

The form is sememe entanglement of order 2, twice: with random codes, which both sides are given, and with learned codes.
Gradient descent cannot learn codes, so it is given those of our fit, which flatters it. It learns tables and gains, in
float32, on two threads, from tables of small normal numbers, in full batches; the learning rate is the best of three, tried
for a twentieth of the limit each, which is told but not counted. Our time is that of the whole command, search for codes,
rounding of gains, and files included. Needs torch, numpy, safetensors.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file


def fields(data, width, count):
    """`count` unsigned fields of `width` bits, packed from the lowest bit up, as the factored layout does."""
    bits = numpy.unpackbits(data, bitorder="little")[: width * count].reshape(count, width)
    return (bits.astype(numpy.int64) << numpy.arange(width)).sum(axis=1)


def codes_of(work, name, order):
    """The units of each sense of each token, `[tokens, rank, order]`, from the workspace's factors."""
    with safe_open(os.path.join(work, "factors.safetensors"), "numpy") as file:
        form = json.loads(file.metadata()["see"])["tables"][0]["factors"]
        packed = file.get_tensor(f"{name}.see.codes")
    tokens, rank, units = form["tokens"], form["maximumRank"], form["units"]
    widths = [max(0, (count - 1).bit_length()) for count in units]
    assert len(set(widths)) == 1 and len(widths) == order
    return fields(packed, widths[0], tokens * rank * order).reshape(tokens, rank, order), form


class Factors(torch.nn.Module):
    def __init__(self, codes, units, sizes, scale, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        side = scale**0.5
        self.tables = torch.nn.ParameterList(
            torch.nn.Parameter(side * torch.randn(count, size, generator=generator)) for count, size in zip(units, sizes)
        )
        self.gains = torch.nn.Parameter(torch.ones(codes.shape[:2]))
        self.codes = codes

    def forward(self):
        first = self.tables[0][self.codes[:, :, 0]] * self.gains[:, :, None]
        second = self.tables[1][self.codes[:, :, 1]]
        return torch.einsum("vka,vkb->vab", first, second).flatten(1)


def descend(table, codes, form, rate, limit, goal, seed=1):
    """Seconds until the relative error `goal` is reached, or None, and the least error met."""
    scale = float(table.std()) / codes.shape[1] ** 0.5
    model = Factors(codes, form["units"], form["slotSizes"], scale, seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    norm = float((table**2).sum())
    least, start = float("inf"), time.monotonic()
    while time.monotonic() - start < limit:
        optimizer.zero_grad()
        loss = ((model()[:, : table.shape[1]] - table) ** 2).sum() / norm
        loss.backward()
        optimizer.step()
        least = min(least, float(loss.detach()) ** 0.5)
        if least <= goal:
            return time.monotonic() - start, least
    return None, least


def fitted(table, name, source, options):
    """The codes and the form of our fit, its error, and the seconds that the command took."""
    with tempfile.TemporaryDirectory() as folder:
        path, work, report = (os.path.join(folder, file) for file in ("table.safetensors", "work", "report.json"))
        save_file({options.tensor: table}, path)
        command = [options.seeconv, "import", path, "--embedding", name, "-o", work, "-q"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        start = time.monotonic()
        subprocess.run(
            [options.seeconv, "factorize", work, "--order", "2", "--rank", str(options.rank), "--units", str(options.units),
             "--codes", source, "--residual", "none", "--weights", "uniform", "--threads", "2", "--json", report, "-q"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - start
        with open(report) as file:
            error = json.load(file)["tables"][0]["relativeError"]
        return *codes_of(work, name, 2), error, seconds


def measure(table, name, source, options):
    codes, form, goal, ours = fitted(table, name, source, options)
    print(f"{source} codes: ours: error {goal:.4f} in {ours:.1f} s", flush=True)
    values, codes = torch.from_numpy(table), torch.from_numpy(codes)
    start = time.monotonic()
    rates = {rate: descend(values, codes, form, rate, options.limit / 20, 0)[1] for rate in (3e-3, 1e-2, 3e-2)}
    rate, search = min(rates, key=rates.get), time.monotonic() - start
    seconds, least = descend(values, codes, form, rate, options.limit, goal)
    if seconds is None:
        outcome = f"error {least:.4f} after {options.limit:.0f} s, goal not reached: over {options.limit / ours:.0f} times ours"
    else:
        outcome = f"the same error after {seconds:.1f} s, {seconds / ours:.1f} times ours"
    print(f"{source} codes: Adam (rate {rate}, found in {search:.0f} s more): {outcome}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--tensor", default="embeddings.word_embeddings.weight")
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--rows", type=int, default=30522)
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--seeconv", default=".build/release/seeconv")
    options = parser.parse_args()
    torch.set_num_threads(2)

    table = load_file(os.path.join(options.model, "model.safetensors"))[options.tensor][: options.rows]
    table = numpy.ascontiguousarray(table, dtype=numpy.float32)
    name = options.tensor.removesuffix(".weight")
    for source in ("random", "learned"):
        measure(table, name, source, options)


if __name__ == "__main__":
    main()
