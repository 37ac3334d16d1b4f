#!/usr/bin/env python3
"""BLEU of Marian checkpoints: greedy decoding of a test set through transformers, scored by sacrebleu (13a, cased).

    python3 Tools/bench/marian_bleu.py MODEL… --source test.de --reference test.en [--sentences N] [--json FILE]

Every MODEL is a directory in the Hugging Face layout, such as `seeconv export WORK -o OUT --dense` writes. Decoding is
greedy, on the CPU, sentences sorted by length; the figures do not depend on --batch.
Needs torch (CPU is enough: torch==2.13.0+cpu), transformers, sentencepiece and sacrebleu.
"""

import argparse
import json
import sys
import time


def translate(path, sentences, batch, limit):
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    tokenizer = MarianTokenizer.from_pretrained(path)
    model = MarianMTModel.from_pretrained(path).eval()
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    results = [""] * len(sentences)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            inputs = tokenizer([sentences[i] for i in part], return_tensors="pt", padding=True)
            output = model.generate(**inputs, num_beams=1, do_sample=False, max_new_tokens=limit)
            for i, text in zip(part, tokenizer.batch_decode(output, skip_special_tokens=True)):
                results[i] = text
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--source", required=True, help="one sentence a line")
    parser.add_argument("--reference", required=True, help="its translations")
    parser.add_argument("--sentences", type=int, help="only the first N")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--limit", type=int, default=80, help="the most tokens of a translation")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", help="write the figures there too")
    arguments = parser.parse_args()

    import sacrebleu
    import torch

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    source = open(arguments.source, encoding="utf-8").read().splitlines()[: arguments.sentences]
    reference = open(arguments.reference, encoding="utf-8").read().splitlines()[: arguments.sentences]
    if len(source) != len(reference):
        sys.exit(f"{len(source)} sentences and {len(reference)} references")
    rows = []
    for path in arguments.models:
        start = time.time()
        score = sacrebleu.corpus_bleu(translate(path, source, arguments.batch, arguments.limit), [reference])
        rows.append({"model": path, "bleu": round(score.score, 2), "seconds": round(time.time() - start, 1)})
        print(f"{score.score:6.2f}  {path}  ({rows[-1]['seconds']} s)", flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
