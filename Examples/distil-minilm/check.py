#!/usr/bin/env python3
"""Compares the vectors that two models give in sentence-transformers: check.py ORIGINAL STUDENT SENTENCES

Prints the mean and the least cosine of both models' vectors of each line. Exits 1 where the mean is under 0.9.
Needs: pip install sentence-transformers
"""

import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer

original, student, text = sys.argv[1:]
lines = [line for line in Path(text).read_text(encoding="utf-8").splitlines() if line.strip()]
vectors = [
    SentenceTransformer(path, device="cpu").encode(lines, normalize_embeddings=True, show_progress_bar=False)
    for path in (original, student)
]
cosines = (vectors[0] * vectors[1]).sum(axis=1)
print(f"{len(lines)} sentences: mean cosine {cosines.mean():.4f}, least {cosines.min():.4f}")
sys.exit(0 if cosines.mean() >= 0.9 else 1)
