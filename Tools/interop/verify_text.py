#!/usr/bin/env python3
"""Compares `seeconv verify --text` with the same figures computed by Hugging Face transformers in float32.

    verify_text.py [--seeconv PATH] [--golden FILE]

Candidates are the golden models of Tests/Golden with noise of 3 % added to every matrix, and the same models converted to BF16.
Hidden-state errors, KL (mean, 99th percentile, greatest), top-1 agreement, both perplexities and the cosines of pooled
vectors must agree within 0.01 % (with noise) and 0.1 % (BF16, whose differences are nearer to float32's own). --golden
writes the figures of the BF16 candidates, which the package's tests compare with. Needs: pip install torch transformers
safetensors, and a release build. Exits 1 at a difference.
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, BertModel, MarianMTModel
from transformers.utils import logging

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "Tests/Golden"
MODELS = {
    "llama-grouped-tied": ("Runtime", 97), "phi3-longrope-beyond": ("Runtime", 97),
    "bert-golden": ("Encoders", 61), "marian-golden": ("Encoders", 53),
}
# The texts of the package's tests: words w0, w1 … are tokens 0, 1 ….
TOKENS = [i * 31 % 97 for i in range(600)]
SOURCES = [[1 + (7 * i + j * j) % 50 for j in range(1 + i % 9)] for i in range(40)]
TARGETS = [[1 + (5 * i + 3 * j) % 50 for j in range(1 + i % 6)] for i in range(40)]


def words(tokens):
    return " ".join(f"w{token}" for token in tokens)


def percentile(values, percent):
    values = sorted(values)
    return values[max(1, -(-len(values) * percent // 100)) - 1]


class States:
    """Sums of squares of hidden states by layer."""

    def __init__(self):
        self.error = self.norm = None

    def add(self, reference, candidate, rows=slice(None)):
        pairs = [(a[0, rows].double(), b[0, rows].double()) for a, b in zip(reference, candidate)]
        error = np.array([float(((a - b) ** 2).sum()) for a, b in pairs])
        norm = np.array([float((a**2).sum()) for a, _ in pairs])
        self.error = error if self.error is None else self.error + error
        self.norm = norm if self.norm is None else self.norm + norm

    @property
    def errors(self):
        return list(np.sqrt(self.error / self.norm))


class Scores:
    """KL, agreement and losses, one number for each place."""

    def __init__(self):
        self.kl, self.same, self.losses = [], [], ([], [])

    def add(self, reference, candidate, targets, forbidden=()):
        reference, candidate = reference.double().clone(), candidate.double().clone()
        for token in forbidden:
            reference[:, token] = candidate[:, token] = -1e30
        p, q = torch.log_softmax(reference, -1), torch.log_softmax(candidate, -1)
        self.kl += (p.exp() * (p - q)).sum(-1).tolist()
        self.same += (p.argmax(-1) == q.argmax(-1)).tolist()
        targets = torch.tensor(targets)[:, None]
        for losses, logarithms in zip(self.losses, (p, q)):
            losses += (-logarithms.gather(1, targets)).flatten().tolist()

    def figures(self, states):
        return {
            "tokens": len(self.kl), "hiddenStateErrors": states.errors, "meanKL": float(np.mean(self.kl)),
            "p99KL": percentile(self.kl, 99), "maximumKL": max(self.kl), "top1Agreement": float(np.mean(self.same)),
            "referencePerplexity": math.exp(np.mean(self.losses[0])),
            "candidatePerplexity": math.exp(np.mean(self.losses[1])),
        }


def decoders(a, b, tokens):
    states, scores = States(), Scores()
    window = min(a.config.max_position_embeddings, 2048)
    first, scored = 0, 1
    while scored < len(tokens):
        end = min(first + window, len(tokens))
        ids = torch.tensor([tokens[first:end]])
        x, y = (model(ids, output_hidden_states=True) for model in (a, b))
        rows = slice(scored - 1 - first, end - 1 - first)
        states.add(x.hidden_states, y.hidden_states, rows)
        scores.add(x.logits[0, rows], y.logits[0, rows], tokens[scored:end])
        first, scored = first + window // 2, end
    return scores.figures(states)


def encoders(a, b):
    states, cosines = States(), []
    for tokens in SOURCES:
        ids = torch.tensor([tokens])
        x, y = (model(ids, output_hidden_states=True).hidden_states for model in (a, b))
        states.add(x, y)
        pooled = [state[-1][0].mean(0).double() for state in (x, y)]
        cosines.append(float(torch.nn.functional.cosine_similarity(*pooled, dim=0)))
    return {
        "tokens": sum(map(len, SOURCES)), "hiddenStateErrors": states.errors, "sentences": len(cosines),
        "meanCosine": float(np.mean(cosines)), "p01Cosine": percentile(cosines, 1), "minCosine": min(cosines),
        "worstLine": 1 + int(np.argmin(cosines)),
    }


def translators(a, b, targets):
    read, written, scores = States(), States(), Scores()
    config, generation = a.config, a.generation_config
    end, pad = generation.eos_token_id, generation.pad_token_id
    for index, source in enumerate(SOURCES):
        ids = torch.tensor([source])
        if targets is None:
            found = a.generate(ids, num_beams=1, do_sample=False)[0, 1:].tolist()
            found = found[:-1] if found and found[-1] == end else found
            target = found + [end] if len(found) < config.max_position_embeddings else found
        else:
            target = targets[index]
        inputs = torch.tensor([[generation.decoder_start_token_id] + target[:-1]])
        x, y = (model(ids, decoder_input_ids=inputs, output_hidden_states=True) for model in (a, b))
        read.add(x.encoder_hidden_states, y.encoder_hidden_states)
        written.add(x.decoder_hidden_states, y.decoder_hidden_states)
        scores.add(x.logits[0], y.logits[0], target, forbidden=[pad])
    return scores.figures(written) | {"sourceHiddenStateErrors": read.errors}


def make(name, kind, folder, seeconv):
    """The golden model and a candidate, each with a vocabulary, in `folder`."""
    place, size = MODELS[name]
    vocabulary = {f"w{index}": index for index in range(size)}
    for model in ("reference", "candidate"):
        target = folder / model
        target.mkdir()
        for file in (GOLDEN / place / name).glob("*.json"):
            shutil.copy(file, target)
        (target / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": {"type": "WhitespaceSplit"},
            "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "w0"},
        }))
    weights = GOLDEN / place / name / "model.safetensors"
    shutil.copy(weights, folder / "reference")
    if kind == "bf16":
        subprocess.run([seeconv, "convert", weights, folder / "candidate/model.safetensors", "--dtype", "bf16", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        return
    generator = torch.Generator().manual_seed(1)
    tensors = {
        key: (value + 0.03 * value.float().std() * torch.randn(value.shape, generator=generator)).to(value.dtype)
        if value.dim() == 2 else value for key, value in load_file(weights).items()
    }
    save_file(tensors, folder / "candidate/model.safetensors", metadata={"format": "pt"})


def load(name, path):
    family = AutoModelForCausalLM if MODELS[name][0] == "Runtime" else BertModel if "bert" in name else MarianMTModel
    return family.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()


def measured(seeconv, folder, texts):
    run = subprocess.run([seeconv, "verify", folder / "reference", folder / "candidate", "--json", "-", "--quiet", *texts],
                         capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout)["text"]


def check(label, found, wanted, bound):
    worst, bad = 0.0, []
    for key, value in wanted.items():
        for x, y in zip(np.atleast_1d(found[key]), np.atleast_1d(value), strict=True):
            exact = isinstance(value, int)
            # A tie of scores may be broken either way in one place.
            slack = 1.01 / wanted["tokens"] if key == "top1Agreement" else 0 if exact else bound * abs(y)
            if "osine" in key:
                slack = bound * (1 - y) + 1e-7
            elif not exact and key != "top1Agreement" and y:
                worst = max(worst, abs(x - y) / abs(y))
            if abs(x - y) > slack:
                bad.append(f"{key}: {x}, transformers {y}")
    print(f"{'ok ' if not bad else 'BAD'} {label}: greatest relative difference {worst:.1e}", *bad, sep="\n    " if bad else "")
    return not bad


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeconv", default=ROOT / ".build/release/seeconv")
    parser.add_argument("--golden", type=Path)
    options = parser.parse_args()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    passed, goldens = True, {}
    for name in MODELS:
        for kind, bound in (("noise", 1e-4), ("bf16", 1e-3)):
            with tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                make(name, kind, folder, options.seeconv)
                a, b = (load(name, folder / model) for model in ("reference", "candidate"))
                source, target = folder / "text.txt", folder / "target.txt"
                target.write_text("".join(words(line) + "\n" for line in TARGETS))
                if MODELS[name][0] == "Runtime":
                    tokens = TOKENS
                    source.write_text(words(tokens))
                    cases = [(name, decoders(a, b, tokens), ["--text", source])]
                else:
                    source.write_text("".join(words(line) + "\n" for line in SOURCES))
                    if "bert" in name:
                        cases = [(name, encoders(a, b), ["--text", source])]
                    else:
                        cases = [
                            (name, translators(a, b, None), ["--text", source]),
                            (name + "-target", translators(a, b, TARGETS), ["--text", source, "--target", target]),
                        ]
                for label, wanted, texts in cases:
                    passed &= check(f"{label}, {kind}", measured(options.seeconv, folder, texts), wanted, bound)
                    if kind == "bf16":
                        goldens[label] = wanted
    if options.golden:
        options.golden.parent.mkdir(parents=True, exist_ok=True)
        options.golden.write_text(json.dumps(goldens, indent=1) + "\n")
    sys.exit(not passed)


if __name__ == "__main__":
    main()
