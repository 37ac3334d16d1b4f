#!/usr/bin/env python3
"""Measures `seeconv bench` beside llama.cpp: the same GGUF files, the same threads, in the same run.

    runtime.py [--seeconv PATH] [--model FILE.gguf]… [--types f16,q8_0,q4_0] [--threads 2] [--folder FOLDER] [--json FILE]

Makes a Phi-3-shaped model with random weights (0.44 billion: 12 layers of width 1536, vocabulary of 32,064) as GGUF in F16,
has `seeconv convert` quantise it, and measures reading a prompt of 256 tokens and writing 64 more: the median of five
rounds that alternate between the two programs, so that what else the machine does meets both. Prints rates and
their ratio, and our peak memory beyond mapped weights and cache. --model adds files of one's own. The last type is measured once
more with both tables coded at --ratio and the head computed from the code, beside llama.cpp on the dense file.

Needs: pip install llama-cpp-python gguf numpy (llama.cpp is compiled for this machine), and a release build. Exits 1
where a ratio is under 0.8 or memory over 100 MiB.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gguf
import llama_cpp
import numpy as np

PROMPT, WRITTEN, ROUNDS = 256, 64, 5
BOUND, MEMORY_BOUND = 0.8, 100 << 20


def make_phi3(path, layers=12, width=1536, heads=16, inner=4096, vocabulary=32064):
    """A Phi-3-shaped model in F16 with random weights and a plain vocabulary."""
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "phi3")
    writer.add_context_length(4096)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(layers)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
                          + [f"▁w{index}" for index in range(vocabulary - 259)])
    writer.add_token_scores([0.0] * 259 + [-float(index) for index in range(vocabulary - 259)])
    kinds = gguf.TokenType
    writer.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL] + [kinds.BYTE] * 256
                           + [kinds.NORMAL] * (vocabulary - 259))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    def matrix(name, rows, columns):
        values = random.standard_normal((rows, columns), np.float32) * columns**-0.5
        writer.add_tensor(name + ".weight", values.astype(np.float16))

    def norm(name):
        writer.add_tensor(name + ".weight", np.ones(width, np.float32))

    matrix("token_embd", vocabulary, width)
    for layer in range(layers):
        norm(f"blk.{layer}.attn_norm")
        matrix(f"blk.{layer}.attn_qkv", 3 * width, width)
        matrix(f"blk.{layer}.attn_output", width, width)
        norm(f"blk.{layer}.ffn_norm")
        matrix(f"blk.{layer}.ffn_up", 2 * inner, width)
        matrix(f"blk.{layer}.ffn_down", width, inner)
    norm("output_norm")
    matrix("output", vocabulary, width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class LlamaCpp:
    """llama.cpp through its C interface, so that Python adds one call a batch."""

    def __init__(self, path, threads):
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        context = llama_cpp.llama_context_default_params()
        context.n_ctx, context.n_batch, context.n_ubatch = 512, 512, 512
        context.n_threads = context.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, context)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def decode(self, tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
            raise RuntimeError("llama_decode failed")
        llama_cpp.llama_synchronize(self.context)

    def measure(self, prompt, written):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)
        start = time.perf_counter()
        self.decode([(7 + 131 * index) % self.vocabulary for index in range(prompt)])
        read = time.perf_counter()
        for index in range(written):
            self.decode([(11 + 17 * index) % self.vocabulary])
        end = time.perf_counter()
        return prompt / (read - start), written / (end - read)

    def close(self):
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)


def factored(program, path, ratio):
    """The model at `path` with its tables coded, as GGUF; made once."""
    target = path.with_name(f"{path.stem}-factored-{ratio}.gguf")
    if not target.exists():
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder) / "work"
            for command in [["import", path, "-o", work], ["factorize", work, "--ratio", ratio, "--weights", "uniform"],
                            ["export", work, "-o", target, "--format", "gguf"]]:
                subprocess.run([program, *map(str, command), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return target


def measure_seeconv(program, path, threads, prompt, written, tables="automatic"):
    command = [program, "bench", path, "--json", "--quiet", "--repetitions", "1", "--threads", str(threads),
               "--prompt-tokens", str(prompt), "--tokens", str(written), "--tables", tables]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(program, path, threads, factors=None):
    """Rates of both programs on `path`; ours on `factors` instead, where they are given."""
    peer = LlamaCpp(path, threads)
    prompt, written = PROMPT, WRITTEN
    peer.measure(prompt, written)  # Pages in the file for both.
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(measure_seeconv(program, factors or path, threads, prompt, written, "factored" if factors else "automatic"))
        theirs.append(peer.measure(prompt, written))
    peer.close()
    result = {"model": Path(factors or path).name, "threads": threads}
    for place, kind in enumerate(["prompt", "generation"]):
        mine = statistics.median(run[kind + "Rate"] for run in ours)
        other = statistics.median(run[place] for run in theirs)
        result[kind] = {"seeconv": mine, "llama.cpp": other, "ratio": mine / other}
    mapped = Path(factors or path).stat().st_size
    result["memoryBeyond"] = max(run["peakMemory"] - run["cacheBytes"] for run in ours) - mapped
    return result


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--types", default="f16,q8_0,q4_0")
    parser.add_argument("--ratio", default="20", help="of the coded tables")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where models are made and kept")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, None)
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [Path(model) for model in options.model]
        kinds = [kind for kind in options.types.split(",") if kind]
        source = folder / "phi3-f16.gguf"
        if kinds and not source.exists():
            make_phi3(source)
        for kind in kinds:
            target = folder / f"phi3-{kind}.gguf"
            if not target.exists():
                command = [options.seeconv, "convert", source, target, "--dtype", kind, "--quiet"]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            paths.append(target)
        pairs = [(path, None) for path in paths]
        if kinds:
            pairs.append((target, factored(options.seeconv, target, options.ratio)))
        print(f"{'model':24} {'step':12} {'seeconv':>10} {'llama.cpp':>10} {'ratio':>6}   tokens/s")
        failed = False
        for path, factors in pairs:
            result = compare(options.seeconv, path, options.threads, factors)
            results.append(result)
            for kind in ["prompt", "generation"]:
                rates = result[kind]
                failed |= rates["ratio"] < BOUND
                print(f"{result['model']:24} {kind:12} {rates['seeconv']:10.1f} {rates['llama.cpp']:10.1f}"
                      f" {rates['ratio']:6.2f}")
            failed |= result["memoryBeyond"] > MEMORY_BOUND
            print(f"{'':24} memory beyond weights and cache: {result['memoryBeyond'] / 2**20:.0f} MiB", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
