#!/usr/bin/env python3
"""Compares `seeconv eval --logits` with Hugging Face transformers in float32, on models with random weights.

    logits_parity.py [--seeconv PATH] [--only NAME] [--golden FOLDER]

Every case is a small model of another shape: grouped heads, tied tables, each kind of scaled rotary embedding (LongRoPE
within and beyond the original context), sliding windows, partial rotation, biases, odd sizes, 16-bit weights. Logits and
all hidden states must agree within 2e-4 of their spread (greatest less least).

--golden writes the cases marked so, in their stored form with the expected logits, into FOLDER: what the tests of the
package compare with. Needs: pip install torch transformers safetensors, and a release build. Exits 1 at a difference.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from transformers import (
    LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Phi3Config, Phi3ForCausalLM,
)
from transformers.utils import logging

BOUND = 2e-4
KINDS = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
    "phi3": (Phi3Config, Phi3ForCausalLM),
}


@dataclass
class Case:
    name: str
    kind: str
    length: int = 40
    texts: int = 1
    dtype: torch.dtype = torch.float32
    golden: bool = False
    settings: dict = field(default_factory=dict)


def base(**changes):
    """Sizes of a small model."""
    sizes = dict(
        vocab_size=97, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=4, max_position_embeddings=256, rms_norm_eps=1e-5, tie_word_embeddings=False,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )
    sizes.update(changes)
    return sizes


def longrope(**changes):
    """LongRoPE from 32 to 256 positions; heads of 12 numbers have six pairs."""
    scaling = {
        "rope_type": "longrope", "rope_theta": 10000.0,
        "short_factor": [1.0, 1.02, 1.1, 1.3, 1.4, 1.5], "long_factor": [1.1, 1.6, 2.5, 4.0, 6.5, 8.0],
    }
    return base(original_max_position_embeddings=32, rope_parameters=scaling, **changes)


LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}

CASES = [
    Case("llama-plain", "llama", texts=2, settings=base()),
    Case("llama-grouped-tied", "llama", golden=True,
         settings=base(num_key_value_heads=2, tie_word_embeddings=True, hidden_size=24, intermediate_size=40)),
    Case("llama-odd", "llama", length=33,
         settings=base(vocab_size=101, hidden_size=42, intermediate_size=55, num_attention_heads=3,
                       num_key_value_heads=1)),
    Case("llama-head-width", "llama", settings=base(head_dim=20, num_key_value_heads=2)),
    Case("llama-linear", "llama", length=100, settings=base(
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0})),
    Case("llama-llama3", "llama", length=120, golden=True, settings=base(
        rope_parameters=LLAMA3, hidden_size=32, num_hidden_layers=2, intermediate_size=48)),
    Case("llama-bias", "llama", settings=base(attention_bias=True, mlp_bias=True)),
    Case("llama-bf16", "llama", dtype=torch.bfloat16, settings=base()),
    Case("llama-f16", "llama", dtype=torch.float16, settings=base(hidden_size=44, num_attention_heads=2,
                                                                  num_key_value_heads=1)),
    Case("llama-wide", "llama", length=200, settings=base(
        vocab_size=3001, hidden_size=320, intermediate_size=864, num_attention_heads=10, num_key_value_heads=5)),
    Case("mistral-window", "mistral", length=90, settings=base(sliding_window=7, num_key_value_heads=2)),
    Case("phi3-plain", "phi3", texts=2, settings=base()),
    Case("phi3-grouped-tied", "phi3", settings=base(num_key_value_heads=2, tie_word_embeddings=True)),
    Case("phi3-window", "phi3", length=90, settings=base(sliding_window=9)),
    Case("phi3-partial", "phi3", settings=base(
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5})),
    Case("phi3-longrope-within", "phi3", length=32, settings=longrope()),
    Case("phi3-longrope-beyond", "phi3", length=150, golden=True, settings=longrope(
        num_hidden_layers=2, intermediate_size=40, hidden_size=24, num_attention_heads=2, num_key_value_heads=1)),
    Case("phi3-longrope-window", "phi3", length=120, settings=longrope(sliding_window=40)),
    Case("phi3-long-text", "phi3", length=1100, settings=base(max_position_embeddings=2048)),
]


def make(case):
    """The case's model with weights that keep activations near 1, and its token ids."""
    torch.manual_seed(sum(case.name.encode()))
    config_class, model_class = KINDS[case.kind]
    model = model_class(config_class(**case.settings)).float().eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                scale = 1.0 if "embed" in name and not case.settings["tie_word_embeddings"] else weight.shape[1] ** -0.5
                weight.normal_(0, scale)
            elif name.endswith("bias"):
                weight.normal_(0, 0.3)
            else:
                weight.normal_(1, 0.2)
            # What is compared is the arithmetic, not the rounding of weights.
            weight.copy_(weight.to(case.dtype).float())
    ids = torch.randint(3, case.settings["vocab_size"], (case.texts, case.length))
    return model, ids


def expected(model, ids):
    with torch.no_grad():
        output = model(ids, output_hidden_states=True)
    return output.logits.numpy(), [state.numpy() for state in output.hidden_states]


def difference(found, wanted):
    return float(np.abs(found - wanted).max() / (wanted.max() - wanted.min()))


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--only")
    parser.add_argument("--golden", type=Path)
    options = parser.parse_args()
    logging.disable_progress_bar()
    failed = False
    for case in CASES:
        if options.only and case.name != options.only or options.golden and not case.golden:
            continue
        model, ids = make(case)
        with tempfile.TemporaryDirectory() as folder:
            target = options.golden / case.name if options.golden else Path(folder) / "model"
            logits, hidden = expected(model, ids)
            model.to(case.dtype).save_pretrained(target)
            (target / "generation_config.json").unlink(missing_ok=True)
            if options.golden:
                np.save(target / "ids.npy", ids.numpy().astype(np.int32))
                # Every seventh text position and the last: enough to see any fault, a seventh of the bytes.
                places = sorted({*range(0, case.length, 7), case.length - 1})
                np.savez(target / "expected.npz", places=np.array(places, np.int32), logits=logits[:, places])
                continue
            np.save(Path(folder) / "ids.npy", ids.numpy())
            output = Path(folder) / "out.npz"
            command = [options.seeconv, "eval", target, "--logits", Path(folder) / "ids.npy", "-o", output, "--quiet"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found = np.load(output)
            errors = [difference(found["logits"], logits)]
            errors += [difference(found[f"hidden_{layer}"], state) for layer, state in enumerate(hidden)]
            passed = max(errors) <= BOUND
            failed |= not passed
            print(f"{case.name:24} logits {errors[0]:.1e}, hidden states {max(errors[1:]):.1e}"
                  f"  {'' if passed else 'DIFFERENT'}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
