#!/usr/bin/env python3
"""Measures logits of one hidden vector from factors, beside dense matrices and llama.cpp's.

    python3 Tools/bench/head.py [--seeconv PATH] [--shapes 30522x384,32064x3072,128256x2048] [--ratio 20] [--folder DIRECTORY]
                                [--rounds 5] [--factorize OPTIONS]

For every shape: makes a table (Tools/generate/scale_table.py), factorizes it, and lets `seeconv bench --heads` and ggml's matrix product (Q8_0 and Q4_K, two threads) take turns.
Medians of medians. Workspaces stay in --folder, where it is named, for the next time.

Needs numpy and, for the last columns, llama-cpp-python.
"""

import argparse
import ctypes
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tools/generate"))
from scale_table import write_table  # noqa: E402


class GGML:
    """Products of a matrix with a vector by ggml, or nothing where llama-cpp-python is not installed."""

    TYPES = {"q8_0": (8, 32, 34), "q4_K": (12, 256, 144)}

    class Plan(ctypes.Structure):
        """ggml_cplan, with room for what later versions add to its end."""

        _fields_ = [("work_size", ctypes.c_size_t), ("work_data", ctypes.c_void_p), ("rest", ctypes.c_uint8 * 112)]

    class Parameters(ctypes.Structure):
        _fields_ = [("size", ctypes.c_size_t), ("buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool)]

    def __init__(self):
        folder = Path(importlib.util.find_spec("llama_cpp").origin).parent / "lib"
        self.base = ctypes.CDLL(str(folder / "libggml-base.so"), mode=ctypes.RTLD_GLOBAL)
        self.cpu = ctypes.CDLL(str(folder / "libggml-cpu.so"), mode=ctypes.RTLD_GLOBAL)
        for library, name, result, arguments in [
            (self.base, "ggml_init", ctypes.c_void_p, [self.Parameters]),
            (self.base, "ggml_free", None, [ctypes.c_void_p]),
            (self.base, "ggml_new_tensor_2d", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int] + [ctypes.c_int64] * 2),
            (self.base, "ggml_get_data", ctypes.c_void_p, [ctypes.c_void_p]),
            (self.base, "ggml_mul_mat", ctypes.c_void_p, [ctypes.c_void_p] * 3),
            (self.base, "ggml_new_graph", ctypes.c_void_p, [ctypes.c_void_p]),
            (self.base, "ggml_build_forward_expand", None, [ctypes.c_void_p] * 2),
            (self.cpu, "ggml_graph_plan", self.Plan, [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]),
            (self.cpu, "ggml_graph_compute", ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(self.Plan)]),
        ]:
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self.cpu.ggml_cpu_init()

    def product(self, kind, rows, columns):
        """A function that multiplies once; its matrix holds blocks of small numbers."""
        number, values, size = self.TYPES[kind]
        memory = rows * columns // values * size + (64 << 20)
        context = self.base.ggml_init(self.Parameters(memory, None, False))
        matrix = self.base.ggml_new_tensor_2d(context, number, columns, rows)
        vector = self.base.ggml_new_tensor_2d(context, 0, columns, 1)
        block = np.full(size, 3, np.uint8)
        block[:2] = np.array([0.01], np.float16).view(np.uint8)
        block[2:4] = block[:2] if kind == "q4_K" else block[2:4]
        blocks = np.tile(block, rows * columns // values)
        ctypes.memmove(self.base.ggml_get_data(matrix), blocks.ctypes.data, blocks.nbytes)
        hidden = np.random.default_rng(2).standard_normal(columns).astype(np.float32)
        ctypes.memmove(self.base.ggml_get_data(vector), hidden.ctypes.data, hidden.nbytes)
        result = self.base.ggml_mul_mat(context, matrix, vector)
        graph = self.base.ggml_new_graph(context)
        self.base.ggml_build_forward_expand(graph, result)
        plan = self.cpu.ggml_graph_plan(graph, os.cpu_count(), None)
        work = np.empty(plan.work_size + 64, np.uint8)
        plan.work_data = work.ctypes.data

        def multiply():
            assert work.nbytes and self.cpu.ggml_graph_compute(graph, ctypes.byref(plan)) == 0

        return multiply


def median_time(body, runs=15):
    body()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeconv", default=ROOT / ".build/release/seeconv")
    parser.add_argument("--shapes", default="30522x384,32064x3072,128256x2048")
    parser.add_argument("--ratio", default="20")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder")
    parser.add_argument("--factorize", default="--weights uniform", help="options of factorize")
    options = parser.parse_args()
    peer = GGML() if importlib.util.find_spec("llama_cpp") else None
    if peer is None:
        print("llama-cpp-python is not installed: no columns of ggml", flush=True)
    print("| table | form | bytes read | ms | Q8_0 / this | llama.cpp's Q8_0 / this |\n|---|---|---|---|---|---|", flush=True)
    for shape in options.shapes.split(","):
        rows, columns = map(int, shape.split("x"))
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(options.folder or temporary) / f"{shape}-{options.ratio}"
            work = folder / "work"
            if not (work / "factors.safetensors").exists():
                folder.mkdir(parents=True, exist_ok=True)
                write_table(folder / "table.safetensors", rows, columns)
                subprocess.run([options.seeconv, "import", folder / "table.safetensors", "-o", work, "-q"], check=True,
                               stdout=subprocess.DEVNULL)
                start = time.perf_counter()
                subprocess.run([options.seeconv, "factorize", work, "--ratio", options.ratio, "-q",
                                *options.factorize.split()], check=True, stdout=subprocess.DEVNULL)
                print(f"{shape}: factorized in {time.perf_counter() - start:.0f} s", file=sys.stderr)
            products = {kind: peer.product(kind, rows, columns) for kind in GGML.TYPES
                        if peer and columns % GGML.TYPES[kind][1] == 0}
            times, sizes = {}, {}
            for _ in range(options.rounds):
                out = subprocess.run([options.seeconv, "bench", work, "--heads", "--json", "--repetitions", "15"],
                                     check=True, capture_output=True, text=True).stdout
                for form in json.loads(out)["heads"][0]["forms"]:
                    times.setdefault(form["form"], []).append(form["seconds"])
                    sizes[form["form"]] = form["bytes"]
                for kind, product in products.items():
                    times.setdefault(f"llama.cpp {kind}", []).append(median_time(product))
            medians = {form: statistics.median(values) for form, values in times.items()}
            for form, seconds in medians.items():
                ratios = [f"{medians[other] / seconds:.2f}" if other in medians else "–"
                          for other in ["q8_0", "llama.cpp q8_0"]]
                size = f"{sizes[form] / 1e6:.1f} MB" if form in sizes else "–"
                print(f"| {rows:,} × {columns:,} | {form} | {size} | {1000 * seconds:.3f} | {ratios[0]} | {ratios[1]} |", flush=True)


if __name__ == "__main__":
    main()
