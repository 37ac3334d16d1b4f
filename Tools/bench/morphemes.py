"""Compares the morpheme segmenter with Python's morfessor: both learn from the same words and segment them.

    python Tools/bench/morphemes.py SEECONV TABLE [--limit N] [--seeds 3]

TABLE is SIGMORPHON's: word, tab, `first @@second @@third`. Judged are the boundaries of the words whose morphemes join to
the word (others are dictionary forms, whose boundaries lie nowhere in it); learned from are all words, each once. Printed
are precision, recall and F1 of boundaries, and the seconds of each.
"""

import argparse
import random
import subprocess
import tempfile
import time

import morfessor


def boundaries(parts):
    places, place = set(), 0
    for part in parts[:-1]:
        place += len(part)
        places.add(place)
    return places


def score(gold, found):
    hits = sum(len(gold[word] & boundaries(found[word])) for word in gold)
    proposed = sum(len(boundaries(found[word])) for word in gold)
    real = sum(len(places) for places in gold.values())
    precision, recall = hits / max(1, proposed), hits / max(1, real)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def with_morfessor(words, seed):
    random.seed(seed)
    model = morfessor.BaselineModel()
    model.load_data([(1, word) for word in words])
    model.train_batch()
    return {word: model.viterbi_segment(word, 0)[0] for word in words}


def with_seeconv(seeconv, words, seed, weight):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(words) + "\n")
        file.flush()
        output = subprocess.run(
            [seeconv, "lexicon", "segment", file.name, "--seed", str(seed), "--corpus-weight", str(weight)],
            check=True, capture_output=True, text=True).stdout
    return {word: parts.split(" ") for word, parts in (line.split("\t") for line in output.splitlines())}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("seeconv")
    options.add_argument("table")
    options.add_argument("--limit", type=int)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--weight", type=float, default=1)
    options = options.parse_args()
    words, gold = [], {}
    with open(options.table, encoding="utf-8") as table:
        for line in table:
            word, parts = line.rstrip("\n").split("\t")[:2]
            parts = [part.removeprefix("@@") for part in parts.split(" ")]
            if word in gold or " " in word:
                continue
            words.append(word)
            if "".join(parts) == word:
                gold[word] = boundaries(parts)
            if options.limit and len(words) == options.limit:
                break
    print(f"{len(words)} words, {len(gold)} judged")
    for seed in range(1, options.seeds + 1):
        for name, segment in [
            ("seeconv", lambda: with_seeconv(options.seeconv, words, seed, options.weight)),
            ("morfessor", lambda: with_morfessor(words, seed)),
        ]:
            start = time.process_time() if name == "morfessor" else time.time()
            found = segment()
            seconds = (time.process_time() if name == "morfessor" else time.time()) - start
            precision, recall, f1 = score(gold, found)
            print(f"seed {seed} {name:10} precision {precision:.4f} recall {recall:.4f} F1 {f1:.4f}  {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
