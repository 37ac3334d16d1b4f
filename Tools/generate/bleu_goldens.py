#!/usr/bin/env python3
"""Writes Tests/Golden/BLEU/expected.json: corpora and their BLEU by sacrebleu's default.

Needs: pip install sacrebleu
"""

import json
import random
from pathlib import Path

import sacrebleu

LINES = [
    "The cat sat on the mat.", "It costs $1,234.56, or 3.5% more; isn't that (a bit) much?", "A well-known state-of-the-art U.S. firm",
    "Two dogs ... run -- through 10-12 fields!", "&quot;Yes&quot; &amp; no &lt;b&gt;", "Ein Hund läuft über die Straße „schnell“.",
    "e-mail: someone@example.org/path?x=1&y=2", "日本語 と  español", "", ".", "..a..b,,c.1,2.x", "1-2-3 a-1 1-a -5",
    "tabs\tand\u00a0no-break spaces \u2003 wide", "trailing spaces   ", "He said: 'it's 5.' ,5 5, .5 5.", "~`{}[]|\\^_@#*+=<>",
    "<skipped>kept", "The the the the the", "a b c d e f g h i j", "short",
]


def main():
    generator = random.Random(6)
    corpora = []
    for size in [1, 1, 1, 2, 3, 5, 8, 20]:
        for change in (0.0, 0.1, 0.4, 1.0):
            references = [generator.choice(LINES) for _ in range(size)]
            translations = []
            for line in references:
                words = line.split(" ")
                words = [generator.choice(generator.choice(LINES).split(" ")) if generator.random() < change else word
                         for word in words]
                if generator.random() < change / 2:
                    words = words[: max(1, len(words) // 2)]
                translations.append(" ".join(words))
            score = sacrebleu.corpus_bleu(translations, [references])
            corpora.append({
                "translations": translations, "references": references, "bleu": score.score,
                "correct": score.counts, "total": score.totals, "length": score.sys_len,
                "referenceLength": score.ref_len,
            })
    tokenizer = sacrebleu.metrics.BLEU().tokenizer
    lines = [{"line": line, "words": tokenizer(line.rstrip())} for line in LINES]
    path = Path(__file__).resolve().parents[2] / "Tests/Golden/BLEU/expected.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"corpora": corpora, "lines": lines}, ensure_ascii=True), encoding="utf-8")


if __name__ == "__main__":
    main()
