#!/usr/bin/env python3
"""Times seeconv's encoders and translators against transformers on PyTorch, on this machine and in the same run.

    encoders.py --encoder MODEL --sentences FILE [--count N]
    encoders.py --translator MODEL --source FILE [--count N] [--beams N]
                [--seeconv PATH] [--threads 2] [--runs 5] [--batch 64] [--json FILE]

Both programs take turns, run by run; medians count. Processor time is given too: on a busy machine it is the fairer
measure, with --threads 1. Sentences per second are of the work itself, models loaded: seeconv's
time is that of the whole command less the time of the same command on one sentence. The peer sorts sentences by length,
as sentence-transformers does, and translates in batches of --batch; its time includes its tokenizer as seeconv's does.
Nothing else should run meanwhile; the script prints the load at its beginning and end.
Needs: pip install torch transformers sentencepiece, and a release build.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def processor_seconds():
    """Of this process and of those that it has started."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timed(body):
    """Seconds on the clock, and of processors."""
    start, processors = time.perf_counter(), processor_seconds()
    body()
    return time.perf_counter() - start, processor_seconds() - processors


class Seeconv:
    """One of its commands over lines of text."""

    def __init__(self, options, *words):
        self.command = [options.seeconv, *map(str, words), "--threads", str(options.threads), "--quiet"]

    def run(self, lines):
        subprocess.run(self.command, input=("\n".join(lines) + "\n").encode(), check=True, stdout=subprocess.DEVNULL)

    def seconds(self, lines):
        whole, one = timed(lambda: self.run(lines)), timed(lambda: self.run(lines[:1]))
        return whole[0] - one[0], whole[1] - one[1]


def encoder_peer(options):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.encoder)
    model = AutoModel.from_pretrained(options.encoder).eval()
    limit = json.loads((options.encoder / "sentence_bert_config.json").read_text())["max_seq_length"]

    def run(lines):
        order = sorted(range(len(lines)), key=lambda index: -len(lines[index]))
        rows = [None] * len(lines)
        with torch.inference_mode():
            for start in range(0, len(order), options.batch):
                part = order[start : start + options.batch]
                inputs = tokenizer([lines[index] for index in part], padding=True, truncation=True, max_length=limit,
                                   return_tensors="pt")
                hidden = model(**inputs).last_hidden_state
                mask = inputs["attention_mask"][..., None].float()
                pooled = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
                for index, row in zip(part, pooled.numpy()):
                    rows[index] = row
    return run


def translator_peer(options):
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    tokenizer = MarianTokenizer.from_pretrained(options.translator)
    model = MarianMTModel.from_pretrained(options.translator).eval()
    limit = model.config.max_position_embeddings

    def run(lines):
        order = sorted(range(len(lines)), key=lambda index: -len(lines[index]))
        with torch.inference_mode():
            for start in range(0, len(order), options.batch):
                inputs = tokenizer([lines[index] for index in order[start : start + options.batch]],
                                   return_tensors="pt", padding=True)
                found = model.generate(**inputs, num_beams=options.beams, do_sample=False, max_length=limit)
                tokenizer.batch_decode(found, skip_special_tokens=True)
    return run


def compare(name, lines, own, peer, options):
    peer(lines[: options.batch])
    own.run(lines[: options.batch])
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(own.seconds(lines))
        theirs.append(timed(lambda: peer(lines)))
    clock = [statistics.median(run[0] for run in runs) for runs in (ours, theirs)]
    processors = [statistics.median(run[1] for run in runs) for runs in (ours, theirs)]
    row = {
        "task": name, "sentences": len(lines), "seeconv": len(lines) / clock[0], "transformers": len(lines) / clock[1],
        "ratio": clock[1] / clock[0], "processorRatio": processors[1] / processors[0],
    }
    print(f"{name:24} {row['seeconv']:9.1f} sentences/s, transformers {row['transformers']:9.1f}: "
          f"{row['ratio']:.2f} times as fast, by processor time {row['processorRatio']:.2f} times", flush=True)
    return row


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--sentences", type=Path)
    parser.add_argument("--translator", type=Path)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--beams", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    print(f"load {os.getloadavg()[0]:.1f}, {options.threads} threads, torch {torch.__version__}")
    rows = []
    if options.encoder:
        lines = [line for line in options.sentences.read_text(encoding="utf-8").splitlines() if line.strip()]
        with tempfile.TemporaryDirectory() as folder:
            own = Seeconv(options, "embed", options.encoder, "-o", Path(folder) / "out.npy", "--force")
            rows.append(compare("sentence vectors", lines[: options.count], own, encoder_peer(options), options))
    if options.translator:
        lines = options.source.read_text(encoding="utf-8").splitlines()[: options.count]
        own = Seeconv(options, "translate", options.translator, "--beam", options.beams, "--batch", options.batch)
        rows.append(compare(f"translation, beam {options.beams}", lines, own, translator_peer(options), options))
    print(f"load {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
