#!/usr/bin/env python3
"""Compares BERT encoders and Marian translators of seeconv with Hugging Face transformers in float32.

    encoder_parity.py [--seeconv PATH] [--only NAME] [--golden FOLDER]
    encoder_parity.py --sentences FILE --encoder MODEL [--count N]
    encoder_parity.py --translate FILE --translator MODEL [--beams N] [--reference FILE]

Without FILEs, every case is a small model with random weights, of another shape: hidden states of all layers and scores
must agree within 2e-4 of their spread (greatest less least), and translations of random texts by greedy and beam search
must be equal token by token. With --sentences, vectors of real sentences must have cosines of at least 0.99999; with
--translate, at least 99 % of the lines must be equal and BLEU within 0.1 (sacrebleu, which seeconv's own score must equal).

--golden writes the cases marked so, in their stored form with what is expected, into FOLDER: what the tests of the
package compare with. Needs: pip install torch transformers sentencepiece sacrebleu safetensors gguf, and a release build.
Exits 1 at a difference.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForMaskedLM, BertModel, MarianConfig, MarianMTModel
from transformers.utils import logging

BOUND = 2e-4


@dataclass
class Case:
    name: str
    kind: str
    lengths: tuple = (17, 5, 11)
    dtype: torch.dtype = torch.float32
    golden: bool = False
    settings: dict = field(default_factory=dict)
    generation: dict = field(default_factory=dict)
    gguf: bool = False


def bert(**changes):
    sizes = dict(
        vocab_size=97, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4,
        max_position_embeddings=64, type_vocab_size=2, hidden_act="gelu", layer_norm_eps=1e-12,
    )
    sizes.update(changes)
    return sizes


def marian(**changes):
    sizes = dict(
        vocab_size=97, d_model=48, encoder_layers=3, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=80, decoder_ffn_dim=72, max_position_embeddings=64,
        activation_function="swish", scale_embedding=True, pad_token_id=96, eos_token_id=0, bos_token_id=0,
        decoder_start_token_id=96, forced_eos_token_id=0, tie_word_embeddings=True,
        share_encoder_decoder_embeddings=True,
    )
    sizes.update(changes)
    return sizes


CASES = [
    Case("bert-plain", "bert", settings=bert()),
    Case("bert-golden", "bert", golden=True, lengths=(9, 4, 1), gguf=True, settings=bert(
        vocab_size=61, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=16)),
    Case("bert-odd", "bert", lengths=(33, 2, 50), settings=bert(
        vocab_size=101, hidden_size=42, intermediate_size=55, num_attention_heads=3, layer_norm_eps=1e-5)),
    Case("bert-one-text", "bert", lengths=(40,), settings=bert(num_attention_heads=1)),
    Case("bert-relu", "bert", settings=bert(hidden_act="relu")),
    Case("bert-gelu-new", "bert", settings=bert(hidden_act="gelu_new", type_vocab_size=3)),
    Case("bert-silu", "bert", settings=bert(hidden_act="silu")),
    Case("bert-bf16", "bert", dtype=torch.bfloat16, settings=bert()),
    Case("bert-f16", "bert", dtype=torch.float16, settings=bert(hidden_size=44, num_attention_heads=2)),
    Case("bert-wide", "bert", lengths=(120, 200, 7), settings=bert(
        vocab_size=3001, hidden_size=320, intermediate_size=864, num_attention_heads=10,
        max_position_embeddings=256)),
    Case("bert-masked", "masked", settings=bert()),
    Case("bert-masked-odd", "masked", settings=bert(vocab_size=103, hidden_size=45, num_attention_heads=5)),
    Case("marian-plain", "marian", settings=marian()),
    Case("marian-golden", "marian", golden=True, lengths=(8, 3, 6, 1), settings=marian(
        vocab_size=53, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=3, encoder_ffn_dim=40, decoder_ffn_dim=36, max_position_embeddings=24,
        pad_token_id=52, decoder_start_token_id=52, tie_word_embeddings=False),
         generation=dict(bad_words_ids=[[52]], max_length=20)),
    Case("marian-relu-unscaled", "marian", settings=marian(activation_function="relu", scale_embedding=False)),
    Case("marian-gelu", "marian", settings=marian(activation_function="gelu", encoder_layers=1, decoder_layers=4)),
    Case("marian-odd", "marian", lengths=(31, 1, 2), settings=marian(
        vocab_size=101, d_model=45, encoder_attention_heads=3, decoder_attention_heads=5, encoder_ffn_dim=51,
        pad_token_id=100, decoder_start_token_id=100)),
    Case("marian-two-tables", "marian", settings=marian(
        decoder_vocab_size=89, share_encoder_decoder_embeddings=False, tie_word_embeddings=False,
        pad_token_id=88, decoder_start_token_id=88)),
    Case("marian-untied", "marian", settings=marian(tie_word_embeddings=False)),
    Case("marian-bf16", "marian", dtype=torch.bfloat16, settings=marian()),
    Case("marian-early", "marian", settings=marian(),
         generation=dict(early_stopping=True, length_penalty=0.6, bad_words_ids=[[96], [3, 5], [7]])),
    Case("marian-never", "marian", settings=marian(),
         generation=dict(early_stopping="never", length_penalty=1.4, renormalize_logits=True, bad_words_ids=[[96]])),
    Case("marian-penalty-zero", "marian", settings=marian(), generation=dict(length_penalty=0.0)),
    Case("marian-two-ends", "marian", settings=marian(), generation=dict(eos_token_id=[0, 9], forced_eos_token_id=9)),
    Case("marian-first", "marian", settings=marian(), generation=dict(forced_bos_token_id=11, max_length=9)),
    Case("marian-wide", "marian", lengths=(40, 60, 7), settings=marian(
        vocab_size=3001, d_model=320, encoder_attention_heads=5, decoder_attention_heads=10, encoder_ffn_dim=864,
        pad_token_id=3000, decoder_start_token_id=3000)),
]


def make(case):
    """The case's model with weights that keep activations near 1, and its texts with their mask."""
    torch.manual_seed(sum(case.name.encode()))
    classes = {"bert": (BertConfig, BertModel), "masked": (BertConfig, BertForMaskedLM),
               "marian": (MarianConfig, MarianMTModel)}
    config_class, model_class = classes[case.kind]
    model = model_class(config_class(**case.settings)).float().eval()
    with torch.no_grad():
        seen = set()
        for name, weight in model.named_parameters():
            if "embed_positions" in name or id(weight) in seen:
                continue
            seen.add(id(weight))
            if weight.dim() == 2:
                is_table = "embeddings" in name or "shared" in name or "embed_tokens" in name
                scaled = case.kind == "marian" and case.settings["scale_embedding"]
                weight.normal_(0, weight.shape[1] ** -0.5 if not is_table or scaled or case.kind != "bert" else 1.0)
            elif name.endswith("bias"):
                weight.normal_(0, 0.3)
            else:
                weight.normal_(1, 0.2)
            # What is compared is the arithmetic, not the rounding of weights.
            weight.copy_(weight.to(case.dtype).float())
        if case.kind == "marian":
            bias = model.final_logits_bias
            bias.normal_(0, 0.5)
            bias[0, model.config.eos_token_id] += 1.5 if case.settings["tie_word_embeddings"] else 0.2
            bias.copy_(bias.to(case.dtype).float())
    size = min(case.settings["vocab_size"], case.settings.get("decoder_vocab_size", 1 << 30)) - 1
    texts = [torch.randint(1, size, (length,)).tolist() for length in case.lengths]
    width = max(case.lengths)
    ids = np.array([text + [size] * (width - len(text)) for text in texts], np.int32)
    mask = np.array([[1] * len(text) + [0] * (width - len(text)) for text in texts], np.int32)
    return model, ids, mask


def expected(model, case, ids, mask, types, target):
    """The arrays that seeconv writes."""
    arguments = dict(input_ids=torch.tensor(ids).long(), attention_mask=torch.tensor(mask).long())
    with torch.no_grad():
        if case.kind == "marian":
            output = model(**arguments, decoder_input_ids=torch.tensor(target).long(), output_hidden_states=True)
            arrays = {"logits": output.logits, "encoder_last": output.encoder_last_hidden_state}
            states = output.decoder_hidden_states
        else:
            arguments["token_type_ids"] = torch.tensor(types).long()
            output = model(**arguments, output_hidden_states=True)
            states = output.hidden_states
            arrays = {"encoder_last": states[-1]}
            if case.kind == "masked":
                arrays["logits"] = output.logits
    arrays.update({f"hidden_{layer}": state for layer, state in enumerate(states)})
    return {name: array.numpy() for name, array in arrays.items()}


def translations(model, case, ids, mask, beams):
    """Tokens of each text's translation, without those that begin and end it."""
    settings = {"max_length": 30, **case.generation}
    with torch.no_grad():
        found = model.generate(
            input_ids=torch.tensor(ids).long(), attention_mask=torch.tensor(mask).long(), num_beams=beams,
            do_sample=False, **settings,
        )
    ends = settings.get("eos_token_id", model.config.eos_token_id)
    ends = ends if isinstance(ends, list) else [ends]
    results = []
    for row in found.tolist():
        row = row[1:]
        stop = next((place for place, token in enumerate(row) if token in ends), len(row))
        results.append(row[:stop])
    return results


def write_gguf(model, target):
    """The encoder as llama.cpp's converter names it."""
    import gguf

    config = model.config
    writer = gguf.GGUFWriter(target, "bert")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.CLS)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if "pooler" not in name and "position_ids" not in name:
            writer.add_tensor(names.get_name(name, (".weight", ".bias")), tensor.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def difference(found, wanted, mask=None):
    if mask is not None:
        found, wanted = found[mask == 1], wanted[mask == 1]
    return float(np.abs(found - wanted).max() / (wanted.max() - wanted.min()))


def save(model, case, target):
    model.to(case.dtype).save_pretrained(target)
    generation = target / "generation_config.json"
    if case.kind == "marian":
        settings = {"max_length": 30, **case.generation}
        base = {key: case.settings[key] for key in ("eos_token_id", "forced_eos_token_id", "decoder_start_token_id",
                                                    "pad_token_id")}
        generation.write_text(json.dumps({**base, **settings}))
    else:
        generation.unlink(missing_ok=True)


def word_tokenizer(target, size):
    """Files of a tokenizer whose words are w0, w1 …: token ids as text."""
    vocabulary = {f"w{token}": token for token in range(size)}
    (target / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "w0"},
    }))


def check(case, options):
    model, ids, mask = make(case)
    generator = np.random.default_rng(len(case.name))
    types = generator.integers(0, case.settings.get("type_vocab_size", 1), ids.shape).astype(np.int32)
    size = case.settings.get("decoder_vocab_size", case.settings["vocab_size"])
    target = generator.integers(0, size, (ids.shape[0], 9)).astype(np.int32)
    wanted = expected(model, case, ids, mask, types, target)
    found_texts = {beams: translations(model, case, ids, mask, beams) for beams in (1, 2, 5)} \
        if case.kind == "marian" else {}
    if options.golden:
        folder = options.golden / case.name
        save(model, case, folder)
        if case.gguf:
            write_gguf(model, folder / "llama-names.gguf")
        inputs = dict(ids=ids, mask=mask)
        inputs.update(dict(target=target) if case.kind == "marian" else dict(types=types))
        for name, array in inputs.items():
            np.save(folder / f"{name}.npy", array)
        np.savez(folder / "expected.npz", **wanted)
        if found_texts:
            (folder / "translations.json").write_text(json.dumps({str(b): t for b, t in found_texts.items()}))
        return True
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        save(model, case, folder / "model")
        for name, array in dict(ids=ids, mask=mask, types=types, target=target).items():
            np.save(folder / f"{name}.npy", array)
        models = [folder / "model"]
        if case.gguf:
            write_gguf(model, folder / "model.gguf")
            models.append(folder / "model.gguf")
        worst = 0
        for path in models:
            command = [options.seeconv, "eval", path, "--logits", folder / "ids.npy", "--mask", folder / "mask.npy",
                       "-o", folder / "out.npz", "--force", "--quiet"]
            command += ["--decoder-ids", folder / "target.npy"] if case.kind == "marian" else \
                ["--token-types", folder / "types.npy"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found = np.load(folder / "out.npz")
            assert set(found.files) == set(wanted), (sorted(found.files), sorted(wanted))
            for name, array in wanted.items():
                ofText = case.kind != "marian" or name == "encoder_last"
                worst = max(worst, difference(found[name], array, mask if ofText else None))
        passed = worst <= BOUND
        line = f"{case.name:24} {worst:.1e}"
        if case.kind == "marian" and size == case.settings["vocab_size"]:
            word_tokenizer(folder / "model", size)
            texts = "".join(" ".join(f"w{t}" for t, m in zip(row, on) if m) + "\n" for row, on in zip(ids, mask))
            for beams, texts_wanted in found_texts.items():
                result = subprocess.run([options.seeconv, "translate", folder / "model", "--beam", str(beams), "--quiet"],
                                        input=texts, text=True, check=True, capture_output=True).stdout
                got = [[int(word[1:]) for word in row.split()] for row in result.splitlines()]
                same = sum(a == b for a, b in zip(got, texts_wanted))
                line += f"  beam {beams}: {same}/{len(texts_wanted)}"
                passed &= same == len(texts_wanted)
    print(line, "" if passed else "  DIFFERENT", flush=True)
    return passed


def compare_sentences(options):
    sentences = options.sentences.read_text(encoding="utf-8").splitlines()
    sentences = [sentence for sentence in sentences if sentence.strip()][: options.count]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.npy"
        subprocess.run([options.seeconv, "embed", options.encoder, "-o", output, "--quiet"],
                       input="\n".join(sentences) + "\n", text=True, check=True)
        found = np.load(output)
    tokenizer = AutoTokenizer.from_pretrained(options.encoder)
    model = AutoModel.from_pretrained(options.encoder).float().eval()
    limit = json.loads((options.encoder / "sentence_bert_config.json").read_text())["max_seq_length"]
    rows = []
    with torch.no_grad():
        for start in range(0, len(sentences), 32):
            inputs = tokenizer(sentences[start : start + 32], padding=True, truncation=True, max_length=limit,
                               return_tensors="pt")
            hidden = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"][..., None].float()
            rows.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).numpy())
    wanted = np.concatenate(rows)
    cosines = (found * wanted).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    print(f"{len(sentences)} sentences: least cosine {cosines.min():.8f}, "
          f"greatest difference {np.abs(found - wanted).max():.1e}")
    return cosines.min() >= 0.99999


def compare_translations(options):
    from transformers import MarianTokenizer

    source = options.translate.read_text(encoding="utf-8").splitlines()[: options.count]
    tokenizer = MarianTokenizer.from_pretrained(options.translator)
    model = MarianMTModel.from_pretrained(options.translator).float().eval()
    limit = model.config.max_position_embeddings
    wanted = [""] * len(source)
    order = sorted(range(len(source)), key=lambda index: len(source[index]))
    with torch.inference_mode():
        for start in range(0, len(order), 50):
            part = order[start : start + 50]
            inputs = tokenizer([source[index] for index in part], return_tensors="pt", padding=True)
            found = model.generate(**inputs, num_beams=options.beams, do_sample=False, max_length=limit)
            for index, text in zip(part, tokenizer.batch_decode(found, skip_special_tokens=True)):
                wanted[index] = text
    run = subprocess.run([options.seeconv, "translate", options.translator, "--beam", str(options.beams), "--quiet"],
                         input="\n".join(source) + "\n", text=True, check=True, capture_output=True)
    found = run.stdout.splitlines()
    same = sum(a == b for a, b in zip(found, wanted))
    print(f"{same} of {len(source)} translations are equal (beam {options.beams})")
    for a, b in [(a, b) for a, b in zip(found, wanted) if a != b][:5]:
        print(f"  seeconv      {a}\n  transformers {b}")
    passed = len(found) == len(wanted) and same >= 0.99 * len(source)
    if options.reference:
        import sacrebleu

        reference = options.reference.read_text(encoding="utf-8").splitlines()[: options.count]
        scores = [sacrebleu.corpus_bleu(texts, [reference]).score for texts in (found, wanted)]
        own = scores[0]
        if not options.count:
            run = subprocess.run([options.seeconv, "eval", options.translator, "--bleu", options.translate,
                                  options.reference, "--beam", str(options.beams), "--json", "--quiet"],
                                 check=True, capture_output=True, text=True)
            own = json.loads(run.stdout)["bleu"]
        print(f"BLEU {scores[0]:.4f} (seeconv's own score {own:.4f}), transformers {scores[1]:.4f}")
        passed &= abs(scores[0] - scores[1]) <= 0.1 and abs(own - scores[0]) < 1e-6
    return passed


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--only")
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--sentences", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--translate", type=Path)
    parser.add_argument("--translator", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--beams", type=int, default=5)
    parser.add_argument("--count", type=int)
    options = parser.parse_args()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    if options.sentences:
        sys.exit(not compare_sentences(options))
    if options.translate:
        sys.exit(not compare_translations(options))
    cases = [case for case in CASES
             if options.only in (None, case.name) and (case.golden or not options.golden)]
    sys.exit(not all([check(case, options) for case in cases]))


if __name__ == "__main__":
    main()
