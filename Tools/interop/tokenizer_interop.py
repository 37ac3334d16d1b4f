"""Compares `seeconv tokenize` with the reference tokenizers, line by line.

    python Tools/interop/tokenizer_interop.py SEECONV --data DATA [--minilm MODEL] [--lines 10000] [--only NAME]

SEECONV is the built command, DATA the folder of reference data, MODEL a folder with MiniLM's tokenizer.json. Needs the
Python packages tokenizers, transformers, sentencepiece and, for GGUF files, gguf and llama-cpp-python; what is missing is
named and counts as a failure. Exit code 1 if any id or text differs.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

EDGE_LINES = [
    "", " ", "  ", "\t", "\n", "\r\n", " \n ", "a", " a", "a ", "  two  spaces  ", "tabs\tand\nlines\r\n\r\n", "\u00a0nbsp",
    "caf\u00e9 cafe\u0301 \u00c5ngstr\u00f6m \u212b", "\ufb01ne \u00bd \u2460 \uff21\uff22\uff23 \u3392", "I\u0130\u0131 \u1e9e \u00df \u03a3\u03c2",
    "don't we'll I'M you'RE '\u017f 'S", "x\u200bz\u200dq\ufeffw\u00ad", "\u4f60\u597d\uff0c\u4e16\u754c\u3002 \u3053\u3093\u306b\u3061\u306f \uc548\ub155", "\u0915\u094d\u0937\u0947\u0924\u094d\u0930 \u0e01\u0e33 \u0644\u0627\u0645",
    "1234567890 3.14 1,000,000 \u0663\u0664 \u2167 \u00b2", "!!! ... --- ''' \"\"\" `~^$+<=>|\\", "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f",
    "<unk> <s> </s> [CLS] [SEP] [MASK] <|endoftext|> <pad>", "\u2581under\u2581line", "\u0301combining first", "a" * 300, "ab" * 200,
    "\u0000nul \u0007bell \u007fdel \u0085nel \u2028ls", "\ufffd replaced", "\U0010ffff \ue000 private", "https://a.b/c?d=e&f#g @user #tag",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u1780\u17b6\u1793\u17cb \u05e9\u05c1\u05dc\u05d5\u05dd", "\u1100\u1161\u11a8 \uac01", "\u2126 \u2460 \ufe30 \u33a1", "\u0600123 \U000110bd1",
]


def corpus_lines(data, count, seed=7):
    """Edge cases, then a seeded sample of every corpus: English, German, Chinese."""
    texts = []
    for name in ["tatoeba-en-de.50k.tsv", "wikitext-2.valid.txt", "tinyshakespeare.txt", "tinystories.196k.txt",
                 "multi30k.train.de", "multi30k.train.en"]:
        texts += (data / "corpora" / name).read_text("utf-8").split("\n")
    texts += (data / "lexicons" / "hownet-zh.txt").read_text("utf-8").split("\n")[:20000]
    random.Random(seed).shuffle(texts)
    return EDGE_LINES + texts[: max(count - len(EDGE_LINES), 0)]


class Comparison:
    def __init__(self, seeconv, only):
        self.seeconv, self.only, self.failures = seeconv, only, 0

    def run(self, arguments, lines):
        result = subprocess.run([self.seeconv, "tokenize", *map(str, arguments)], capture_output=True,
                                input="".join(line + "\n" for line in lines).encode())
        if result.returncode != 0:
            raise RuntimeError(result.stderr.decode())
        return result.stdout.decode().split("\n")[:-1]

    def encode(self, path, texts, *flags):
        output = self.run([path, "--jsonl", *flags], [json.dumps(text, ensure_ascii=False) for text in texts])
        return [[int(word) for word in line.split()] for line in output]

    def decode(self, path, ids, *flags):
        lines = [" ".join(map(str, line)) for line in ids]
        return [json.loads(line) for line in self.run([path, "--jsonl", "--decode", *flags], lines)]

    def check(self, name, subjects, expected, actual):
        wrong = [i for i, (e, a) in enumerate(zip(expected, actual)) if e != a]
        if len(expected) != len(actual):
            wrong.append(min(len(expected), len(actual)))
        print(f"{name}: {len(expected) - len(wrong)} of {len(expected)} equal")
        for i in wrong[:5]:
            print(f"  {subjects[i]!r}\n    expected {expected[i]}\n    actual   {actual[i]}")
        self.failures += bool(wrong)

    def compare(self, name, path, texts, encode, decode=None, flags=()):
        """`encode` gives the reference's ids of a text; `decode` its text of ids without special tokens."""
        if self.only and self.only not in name:
            return
        try:
            expected = [list(encode(text)) for text in texts]
            self.check(name + " ids", texts, expected, self.encode(path, texts, *flags))
            if decode:
                self.check(name + " texts", expected, [decode(ids) for ids in expected], self.decode(path, expected))
        except Exception as error:  # a missing package or a refusal of either side
            print(f"{name}: {type(error).__name__}: {error}")
            self.failures += 1


def hugging_face(comparison, name, path, texts):
    from tokenizers import Tokenizer
    reference = Tokenizer.from_file(str(path))
    reference.no_truncation()
    reference.no_padding()
    comparison.compare(name, path, texts, lambda t: reference.encode(t, add_special_tokens=False).ids,
                       lambda ids: reference.decode(ids, skip_special_tokens=True))
    comparison.compare(name + " with special tokens", path, texts[:1000], lambda t: reference.encode(t).ids, None,
                       ["--special"])


def gguf_cases(comparison, data):
    for vocabulary in sorted((data / "vocabularies").glob("*.gguf")):
        texts = pathlib.Path(f"{vocabulary}.inp").read_text("utf-8").split("\n__ggml_vocab_test__\n")
        lines = pathlib.Path(f"{vocabulary}.out").read_text().split("\n")
        expected = iter([[int(word) for word in line.split()] for line in lines])
        comparison.compare(f"{vocabulary.stem} cases", vocabulary, texts, lambda _: next(expected))


def llama_cpp(comparison, data, texts):
    for stem in ["phi-3", "llama-spm", "gpt-2", "bert-bge"]:
        path = data / "vocabularies" / f"ggml-vocab-{stem}.gguf"
        if comparison.only and comparison.only not in f"llama.cpp {stem}":
            continue
        from llama_cpp import Llama
        model = Llama(str(path), vocab_only=True, verbose=False)
        # A C string cannot hold NUL; llama.cpp's own Unicode tables differ from BERT's in ways that its tests leave out.
        lines = [t for t in texts if "\0" not in t]
        if stem == "bert-bge":
            lines = [t for t in lines if t.isascii()]
        comparison.compare(f"llama.cpp {stem}", path, lines,
                           lambda t: model.tokenize(t.encode(), add_bos=False, special=False))
        if stem != "bert-bge":
            comparison.compare(f"llama.cpp {stem} special", path, lines[:1000],
                               lambda t: model.tokenize(t.encode(), add_bos=True, special=True), None, ["--special"])


def sentence_piece(comparison, data, texts):
    import sentencepiece
    for path in [data / "tokenizers" / "sentencepiece-test_model.model", data / "models" / "marian-de-en" / "source.spm"]:
        reference = sentencepiece.SentencePieceProcessor(model_file=str(path))
        comparison.compare(f"sentencepiece {path.name}", path, texts, reference.encode, reference.decode)


def marian(comparison, data, texts):
    from transformers import MarianTokenizer
    folder = data / "models" / "marian-de-en"
    reference = MarianTokenizer.from_pretrained(str(folder))
    lines = list(texts)
    for name in ["train", "val", "test_2016_flickr"]:
        for language in ["de", "en"]:
            lines += (data / "corpora" / f"multi30k.{name}.{language}").read_text("utf-8").split("\n")
    lines += [">>fra<< Hallo", "Hallo >>fra<<", ">>broken Hallo"]
    comparison.compare("transformers Marian", folder, lines,
                       lambda t: reference.encode(t, add_special_tokens=False),
                       lambda ids: reference.decode(ids, skip_special_tokens=True))


def built_tokenizers(folder, data):
    """tokenizer.json files of the families that real models use, over GPT-2's and Phi-3's vocabularies."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    letters = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
    rest = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    o200k = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
             r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
             r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    split = pre_tokenizers.Split
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    patterns = {
        "gpt2": pre_tokenizers.ByteLevel(add_prefix_space=False),
        "gpt2-prefix-space": pre_tokenizers.ByteLevel(add_prefix_space=True),
        "llama3": [split(Regex(letters + r"\p{N}{1,3}" + rest), "isolated"), byte_level],
        "qwen2": [split(Regex(letters + r"\p{N}" + rest), "isolated"), byte_level],
        "qwen35": [split(Regex(letters.replace(r"?\p{L}+", r"?[\p{L}\p{M}]+") + r"\p{N}"
                               + rest.replace(r"\p{L}\p{N}]", r"\p{L}\p{M}\p{N}]")), "isolated"), byte_level],
        "o200k-regex": [split(Regex(o200k), "isolated"), byte_level],
        "falcon": [pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
                   pre_tokenizers.Digits(False), split(Regex("[0-9][0-9][0-9]"), "isolated")],
        "starcoder": [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)],
        "whitespace": [pre_tokenizers.Whitespace(), byte_level],
        "split-behaviours": [split(",", "merged_with_previous"), split("-", "merged_with_next"), split(".", "removed"),
                             split(Regex(r"\p{N}+"), "contiguous"), split(Regex(r"\S+"), "removed", invert=True), byte_level],
    }
    gpt2 = (str(data / "tokenizers" / "gpt2_vocab.json"), str(data / "tokenizers" / "gpt2_merges.txt"))
    for name, steps in patterns.items():
        vocabulary, merges = models.BPE.read_file(*gpt2)
        tokenizer = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=name == "llama3"))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if isinstance(steps, list) else steps
        tokenizer.decoder = decoders.ByteLevel()
        if name == "qwen2":
            tokenizer.normalizer = normalizers.NFC()
        tokenizer.add_special_tokens(["<|endoftext|>"])
        tokenizer.add_tokens([AddedToken("<extra>", lstrip=True, rstrip=True), AddedToken("word", single_word=True)])
        tokenizer.post_processor = processors.TemplateProcessing("<|endoftext|> $A", None, [("<|endoftext|>", 50256)])
        yield name, tokenizer
    yield from phi3_tokenizers(data)
    yield from unigram_tokenizers(data)


def phi3_tokenizers(data):
    """Phi-3 and LLaMA-2 as BPE with byte fallback: merges are all splits of all pieces, best score first."""
    from gguf import GGUFReader
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    fields = GGUFReader(str(data / "vocabularies" / "ggml-vocab-phi-3.gguf")).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    scores = fields["tokenizer.ggml.scores"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    vocabulary = {token: i for i, token in enumerate(tokens)}
    pieces = sorted((i for i in range(len(tokens)) if types[i] == 1), key=lambda i: -scores[i])
    merges = [(tokens[i][:k], tokens[i][k:]) for i in pieces for k in range(1, len(tokens[i]))
              if tokens[i][:k] in vocabulary and tokens[i][k:] in vocabulary]
    for name in ["phi3-legacy", "phi3-metaspace", "phi3-metaspace-words"]:
        tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        if name == "phi3-legacy":
            tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        else:
            tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=name.endswith("words"))
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                               decoders.Strip(" ", 1, 0)])
        tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
        yield name, tokenizer


def unigram_tokenizers(data):
    """The Marian model's pieces as a unigram tokenizer.json in the manners of T5, XLM-R and ALBERT."""
    import sentencepiece
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    model = sentencepiece.SentencePieceProcessor(model_file=str(data / "models" / "marian-de-en" / "source.spm"))
    pieces = [(model.id_to_piece(i), model.get_score(i)) for i in range(model.get_piece_size())]
    charsmap = characters_map(model.serialized_model_proto())
    for name in ["t5", "xlmr", "albert"]:
        tokenizer = Tokenizer(models.Unigram(pieces, 1, False))
        steps = {
            "t5": [normalizers.Precompiled(charsmap)],
            "xlmr": [normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")],
            "albert": [normalizers.Replace("``", '"'), normalizers.NFKD(), normalizers.StripAccents(),
                       normalizers.Lowercase(), normalizers.Strip(), normalizers.Precompiled(charsmap)],
        }[name]
        tokenizer.normalizer = normalizers.Sequence(steps)
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace() if name == "albert" else pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
        tokenizer.decoder = decoders.Metaspace()
        tokenizer.add_special_tokens(["</s>", "<unk>"])
        yield f"unigram-{name}", tokenizer


def characters_map(proto):
    """Field 2 of field 3 (normalizer_spec.precompiled_charsmap) of a SentencePiece model."""
    def fields(data):
        offset = 0
        def varint():
            nonlocal offset
            value = shift = 0
            while True:
                byte = data[offset]
                offset += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    return value
        while offset < len(data):
            key = varint()
            if key & 7 == 2:
                size = varint()
                yield key >> 3, data[offset:offset + size]
                offset += size
            elif key & 7 == 0:
                varint()
            else:
                offset += 8 if key & 7 == 1 else 4
    normalizer = next(value for number, value in fields(proto) if number == 3)
    return next(value for number, value in fields(normalizer) if number == 2)


def scalar_tokenizers(data):
    """Every normalizer and pre-tokenizer alone, before single bytes, so that each difference shows; words begin with a mark."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
    rest = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    parts = {
        "BertNormalizer": normalizers.BertNormalizer(), "Lowercase": normalizers.Lowercase(), "NFC": normalizers.NFC(),
        "NFD": normalizers.NFD(), "NFKC": normalizers.NFKC(), "NFKD": normalizers.NFKD(), "Nmt": normalizers.Nmt(),
        "StripAccents": normalizers.StripAccents(), "Strip": normalizers.Strip(),
        "BertPreTokenizer": pre_tokenizers.BertPreTokenizer(), "Whitespace": pre_tokenizers.Whitespace(),
        "WhitespaceSplit": pre_tokenizers.WhitespaceSplit(), "Punctuation": pre_tokenizers.Punctuation(),
        "Digits": pre_tokenizers.Digits(True), "gpt2": pre_tokenizers.ByteLevel(add_prefix_space=False),
        "llama3": pre_tokenizers.Split(Regex(letters + r"\p{N}{1,3}" + rest), "isolated"),
    }
    for name, part in parts.items():
        tokenizer = Tokenizer(models.BPE({character: i for i, character in enumerate(alphabet)}, []))
        steps = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        if isinstance(part, normalizers.Normalizer):
            tokenizer.normalizer = part
        elif name == "gpt2":
            tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(
                r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), "isolated")
            steps = [tokenizer.pre_tokenizer, pre_tokenizers.Metaspace(split=False)] + steps
        else:
            steps = [part, pre_tokenizers.Metaspace(split=False)] + steps
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        tokenizer.decoder = decoders.ByteLevel()
        yield f"scalars {name}", tokenizer


def every_scalar(comparison, data, folder):
    """All scalars in a context, compared in lines of one scalar each; Unicode versions may differ for the newest."""
    texts = [f"a{chr(value)}1 {chr(value)}{chr(value)}'{chr(value)}" for value in range(0x110000)
             if not 0xD800 <= value < 0xE000 and not 0x30000 <= value < 0xE0000 and value < 0xF0000]
    from tokenizers import Tokenizer
    for name, tokenizer in scalar_tokenizers(data):
        path = pathlib.Path(folder) / f"{name}.json"
        tokenizer.save(str(path))
        reference = Tokenizer.from_file(str(path))
        comparison.compare(name, path, texts, lambda t: reference.encode(t).ids)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("seeconv")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--minilm", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--every-scalar", action="store_true", help="compare normalizers and splitters on all of Unicode")
    parser.add_argument("--only", help="run comparisons whose name contains this")
    options = parser.parse_args()
    comparison = Comparison(options.seeconv, options.only)
    texts = corpus_lines(options.data, options.lines)
    if options.every_scalar:
        with tempfile.TemporaryDirectory() as folder:
            every_scalar(comparison, options.data, folder)
        sys.exit(1 if comparison.failures else 0)

    gguf_cases(comparison, options.data)
    for compare in [llama_cpp, sentence_piece, marian]:
        try:
            compare(comparison, options.data, texts)
        except ImportError as error:
            print(f"{compare.__name__}: {error}")
            comparison.failures += 1
    if options.minilm:
        hugging_face(comparison, "MiniLM", options.minilm / "tokenizer.json", texts)
    with tempfile.TemporaryDirectory() as folder:
        for name, tokenizer in built_tokenizers(folder, options.data):
            path = pathlib.Path(folder) / f"{name}.json"
            tokenizer.save(str(path))
            hugging_face(comparison, name, path, texts)
    sys.exit(1 if comparison.failures else 0)


if __name__ == "__main__":
    main()
