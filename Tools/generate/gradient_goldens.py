#!/usr/bin/env python3
"""Writes Tests/Golden/Training: small models with random weights, and PyTorch's losses and gradients in double precision.

A student and its teacher differ in the vocabulary table alone. All losses of the trainer count at once, each with a weight of
its own, so that one gradient per tensor checks every path. Texts run one by one: no padding is involved.

Needs: pip install torch transformers safetensors
"""

import copy
import json
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import (BertConfig, BertModel, LlamaConfig, LlamaForCausalLM, MarianConfig, MarianMTModel, Phi3Config,
                          Phi3ForCausalLM)

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Golden/Training"
WEIGHTS = dict(embedding=0.7, hidden=0.3, soft=0.9, temperature=2.0, hard=0.6, smoothing=0.1, cosine=0.8, pooled=1.1)


def randomise(model, scale):
    """Weights that keep activations near 1; a tied tensor is drawn once."""
    with torch.no_grad():
        seen = set()
        for name, weight in model.named_parameters():
            if "embed_positions" in name or id(weight) in seen:
                continue
            seen.add(id(weight))
            if weight.dim() == 2:
                table = any(part in name for part in ("embeddings", "shared", "embed_tokens"))
                weight.normal_(0, scale if table else weight.shape[1] ** -0.5)
            elif name.endswith("bias"):
                weight.normal_(0, 0.3)
            else:
                weight.normal_(1, 0.2)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_(0, 0.5)


def hidden_loss(states, targets):
    """states[i]: one tensor per text; the mean over all positions, then over states."""
    return torch.stack([F.mse_loss(torch.cat(a), torch.cat(b)) for a, b in zip(states, targets)]).mean()


def score_losses(scores, targets, labels):
    tau = WEIGHTS["temperature"]
    soft = tau**2 * F.kl_div(F.log_softmax(scores / tau, 1), F.log_softmax(targets / tau, 1), log_target=True,
                             reduction="batchmean")
    hard = F.cross_entropy(scores, labels, label_smoothing=WEIGHTS["smoothing"], ignore_index=-100)
    return soft, hard


def translator(model, batch):
    states, scores, labels = None, [], []
    for source, target in zip(*batch):
        start = model.config.decoder_start_token_id
        output = model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([[start] + target[:-1]]),
                       output_hidden_states=True)
        all_states = [*output.encoder_hidden_states, *output.decoder_hidden_states]
        states = states or [[] for _ in all_states]
        for kept, state in zip(states, all_states):
            kept.append(state[0])
        scores.append(output.logits[0])
        labels += target
    return states, torch.cat(scores), torch.tensor(labels)


def decoder(model, batch):
    states, scores, labels = None, [], []
    for text in batch:
        output = model(input_ids=torch.tensor([text]), output_hidden_states=True)
        states = states or [[] for _ in output.hidden_states]
        for kept, state in zip(states, output.hidden_states):
            kept.append(state[0])
        scores.append(output.logits[0])
        labels += text[1:] + [-100]
    return states, torch.cat(scores), torch.tensor(labels)


def encoder(model, batch):
    states, pooled = None, []
    for text, kinds in zip(*batch):
        output = model(input_ids=torch.tensor([text]), token_type_ids=torch.tensor([kinds]), output_hidden_states=True)
        states = states or [[] for _ in output.hidden_states]
        for kept, state in zip(states, output.hidden_states):
            kept.append(state[0])
        pooled.append(output.last_hidden_state[0].mean(0))
    return states, torch.stack(pooled), None


def losses(run, model, teacher, batch):
    states, results, labels = run(model, batch)
    with torch.no_grad():
        wanted_states, wanted, _ = run(teacher, batch)
    tables, wanted_tables = ([table for table in {id(t): t for t in (m.get_input_embeddings().weight,
                              *([m.get_output_embeddings().weight] if m.get_output_embeddings() else []))}.values()]
                             for m in (model, teacher))
    found = {"hidden": hidden_loss(states, wanted_states),
             "embedding": torch.stack([F.mse_loss(a, b.detach()) for a, b in zip(tables, wanted_tables)]).mean()}
    if labels is None:
        found["cosine"] = (1 - F.cosine_similarity(results, wanted)).mean()
        found["pooled"] = F.mse_loss(F.normalize(results), F.normalize(wanted))
    else:
        found["soft"], found["hard"] = score_losses(results, wanted, labels)
    return found


def write(name, run, model, batch, inputs, scale):
    torch.manual_seed(sum(name.encode()))
    randomise(model, scale)
    for module in model.modules():
        # PyTorch leaves the padding's row out, which begins translations here and does count.
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    teacher = copy.deepcopy(model)
    with torch.no_grad():
        table = teacher.get_input_embeddings().weight
        table += torch.randn(table.shape) * scale * 0.5
    expected = {"teacher.table": table.detach().clone()}
    model, teacher = model.double().eval(), teacher.double().eval()
    weights = dict(model.named_parameters())
    if hasattr(model, "final_logits_bias"):
        # A buffer there, whose own training leaves it as it is; what Marian trains has it.
        weights["final_logits_bias"] = model.final_logits_bias.requires_grad_(True)
    found = losses(run, model, teacher, batch)
    sum(WEIGHTS[name] * value for name, value in found.items()).backward()
    for parameter, tensor in weights.items():
        if tensor.grad is not None and "embed_positions" not in parameter:
            expected["gradient." + parameter] = tensor.grad.float().contiguous()
    save_file(expected, folder / "expected.safetensors")
    (folder / "losses.json").write_text(json.dumps(
        {"inputs": inputs, "weights": WEIGHTS, "losses": {key: value.item() for key, value in found.items()}}))


def main():
    generator = np.random.default_rng(7)

    def texts(lengths, size):
        return [generator.integers(1, size - 1, length).tolist() for length in lengths]

    sources, targets = texts((7, 3, 11), 53), [text + [0] for text in texts((5, 9, 1), 53)]
    write("marian", translator, MarianMTModel(MarianConfig(
        vocab_size=53, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=3, encoder_ffn_dim=40, decoder_ffn_dim=36, max_position_embeddings=24,
        activation_function="swish", scale_embedding=True, pad_token_id=52, eos_token_id=0, bos_token_id=0,
        decoder_start_token_id=52, forced_eos_token_id=0, tie_word_embeddings=True,
        share_encoder_decoder_embeddings=True)), (sources, targets), {"sources": sources, "targets": targets}, 0.2)
    batch = texts((9, 4, 1), 61)
    kinds = [generator.integers(0, 2, len(text)).tolist() for text in batch]
    write("bert", encoder, BertModel(BertConfig(
        vocab_size=61, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=16), add_pooling_layer=False), (batch, kinds), {"texts": batch, "types": kinds}, 1.0)
    batch = texts((12, 2, 20), 59)
    write("llama", decoder, LlamaForCausalLM(LlamaConfig(
        vocab_size=59, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True)), batch, {"texts": batch}, 0.3)
    write("phi3", decoder, Phi3ForCausalLM(Phi3Config(
        vocab_size=59, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=64, original_max_position_embeddings=64, pad_token_id=0, eos_token_id=2,
        tie_word_embeddings=False, sliding_window=None)), batch, {"texts": batch}, 1.0)


if __name__ == "__main__":
    main()
