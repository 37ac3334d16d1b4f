#!/usr/bin/env python3
"""Times a step of distillation (teacher's forward pass, student's forward and backward pass) against PyTorch on the CPU.

    training.py [--threads 2] [--steps 7] [--json FILE] [--only NAME]

Same sizes, batch, losses and dropout on both sides; weights are random. Batches hold texts of like length, as a sorted data
set gives them, so that the peer pads little; "mixed" shows what it pays where it cannot. Both take turns, and medians count. Processor
time is given too: on a busy machine it is the fairer measure, with --threads 1. Nothing else should run meanwhile.
Needs: pip install torch transformers
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent / "training"
# Some environments pin OpenBLAS to a slower kernel.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

MARIAN = dict(vocabulary=8001, width=256, inner=1024, layers=3, heads=4)
MINILM = dict(vocabulary=30522, width=384, inner=1536, layers=6, heads=12)
CASES = {
    "marian": ("translator", "all", MARIAN, 96, (15, 18)),
    "marian-mixed": ("translator", "all", MARIAN, 96, (6, 30)),
    "marian-table": ("translator", "table", MARIAN, 96, (15, 18)),
    "minilm": ("encoder", "all", MINILM, 64, (22, 26)),
    "minilm-table": ("encoder", "table", MINILM, 64, (22, 26)),
}


def texts(count, lengths, vocabulary):
    import numpy as np

    generator = np.random.default_rng(3)
    return [generator.integers(1, vocabulary - 1, generator.integers(lengths[0], lengths[1] + 1)).tolist()
            for _ in range(count)]


class Peer:
    """The same step in PyTorch."""

    def __init__(self, kind, role, sizes, batch):
        import torch
        import torch.nn.functional as F
        from transformers import BertConfig, BertModel, MarianConfig, MarianMTModel

        def padded(rows, filler):
            width = max(map(len, rows))
            return torch.tensor([row + [filler] * (width - len(row)) for row in rows])

        vocabulary = sizes["vocabulary"]
        if kind == "translator":
            config = MarianConfig(
                vocab_size=vocabulary, d_model=sizes["width"], encoder_layers=sizes["layers"],
                decoder_layers=sizes["layers"], encoder_attention_heads=sizes["heads"],
                decoder_attention_heads=sizes["heads"], encoder_ffn_dim=sizes["inner"], decoder_ffn_dim=sizes["inner"],
                max_position_embeddings=256, activation_function="swish", scale_embedding=True, dropout=0.1,
                attention_dropout=0.1, activation_dropout=0.1, pad_token_id=vocabulary - 1, eos_token_id=0,
                decoder_start_token_id=vocabulary - 1, forced_eos_token_id=0, tie_word_embeddings=True)
            student, teacher = MarianMTModel(config).train(), MarianMTModel(config).eval()
            sources, targets = batch[: len(batch) // 2], batch[len(batch) // 2 :]
            arguments = dict(
                input_ids=padded(sources, vocabulary - 1),
                attention_mask=padded([[1] * len(row) for row in sources], 0),
                decoder_input_ids=padded([[vocabulary - 1] + row[:-1] for row in targets], vocabulary - 1))
            labels = padded(targets, -100).flatten()
            kept = labels != -100
            labels = labels[kept]

            def loss():
                with torch.no_grad():
                    wanted = teacher(**arguments).logits.flatten(0, 1)[kept]
                scores = student(**arguments).logits.flatten(0, 1)[kept]
                soft = F.kl_div(F.log_softmax(scores / 2, 1), F.log_softmax(wanted / 2, 1), log_target=True,
                                reduction="batchmean")
                return 0.5 * F.cross_entropy(scores, labels, label_smoothing=0.1) + 0.5 * 4 * soft
        else:
            config = BertConfig(
                vocab_size=vocabulary, hidden_size=sizes["width"], num_hidden_layers=sizes["layers"],
                num_attention_heads=sizes["heads"], intermediate_size=sizes["inner"])
            student = BertModel(config, add_pooling_layer=False).train()
            teacher = BertModel(config, add_pooling_layer=False).eval()
            mask = padded([[1] * len(row) for row in batch], 0)
            arguments = dict(input_ids=padded(batch, 0), attention_mask=mask)

            def pooled(model):
                weights = mask[..., None].float()
                return (model(**arguments).last_hidden_state * weights).sum(1) / weights.sum(1)

            def loss():
                with torch.no_grad():
                    wanted = pooled(teacher)
                return (1 - F.cosine_similarity(pooled(student), wanted)).mean()
        if role == "table":
            for name, parameter in student.named_parameters():
                parameter.requires_grad_(any(part in name for part in ("shared", "embed_tokens", "word_embeddings")))
        self.student, self.loss = student, loss

    def step(self):
        self.student.zero_grad(set_to_none=True)
        self.loss().backward()


def measure(name, options, program):
    import torch

    torch.set_num_threads(options.threads)
    kind, role, sizes, count, lengths = CASES[name]
    batch = texts(2 * count if kind == "translator" else count, lengths, sizes["vocabulary"])
    tokens = sum(map(len, batch))
    peer = Peer(kind, role, sizes, batch)
    peer.step()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts"
        file.write_text("".join(" ".join(map(str, text)) + "\n" for text in batch))
        command = [program, kind, role, str(options.threads), "3", str(file),
                   *(str(sizes[key]) for key in ("vocabulary", "width", "inner", "layers", "heads"))]
        for _ in range(options.steps):
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            # The first step pays for memory.
            ours += [tuple(map(float, line.split())) for line in lines[1:]]
            for _ in range(2):
                start, processors = time.perf_counter(), time.process_time()
                peer.step()
                theirs.append((time.perf_counter() - start, time.process_time() - processors))
    row = {"case": name, "threads": options.threads, "tokens": tokens}
    for place, unit in ((0, "seconds"), (1, "processorSeconds")):
        row[unit] = statistics.median(times[place] for times in ours)
        row["peer" + unit[0].upper() + unit[1:]] = statistics.median(times[place] for times in theirs)
    print(f"{name:14} {tokens:6} tokens  seeconv {tokens / row['seconds']:8.0f} tokens/s  "
          f"PyTorch {tokens / row['peerSeconds']:8.0f}  ratio {row['peerSeconds'] / row['seconds']:.2f}  "
          f"(of processor time {row['peerProcessorSeconds'] / row['processorSeconds']:.2f})", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--program", help="a training-bench that is built already")
    options = parser.parse_args()
    program = options.program
    if program is None:
        subprocess.run(["swift", "build", "-c", "release", "--package-path", HERE], check=True)
        program = str(HERE / ".build/release/training-bench")
    print("load", os.getloadavg())
    rows = [measure(name, options, program) for name in CASES if options.only in (None, name)]
    print("load", os.getloadavg())
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=1))


if __name__ == "__main__":
    main()
