"""Makes the small tokenizers in this folder and what their reference libraries do with a list of texts.

    python Tests/Golden/Tokenizers/make_goldens.py

Needs tokenizers 0.23.3, sentencepiece 0.2.3 and transformers 5.23. Writes NAME.json (tokenizer.json files), NAME.model
(SentencePiece files), marian/ (a Marian folder) and expected.json: for each of them the ids of every text, the ids with
special tokens, and the decoded texts.
"""

import json
import os
import pathlib
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import MarianTokenizer

FOLDER = pathlib.Path(__file__).resolve().parent
TRAINING = [
    "The small house stands by the river, and the river runs under the old bridge.",
    "When it rains in the morning, the children read books about the stars; they don't go out.",
    "She's told him that they'll meet at 7:30, on the 21st of June 2025, in room 1042.",
    "Der kleine Hund läuft über die grüne Straße und bellt laut, während die Kinder spielen.",
    "Am Abend schließt die Bäckerei; dann gibt es kein Brot mehr, nur noch Kuchen für 3,50 Euro.",
    "Translation turns one language into another: words become words, and sometimes nothing fits.",
    "A token is a piece of a word, a word is made of tokens, and tokenization is the making of both.",
    "Numbers such as 1, 22, 333, 4444 and 100000 are split, joined and counted again and again.",
] * 4
TEXTS = [
    "", " ", "   ", "\n", " \n\n  x", "\t", "a", " the", "the ", "the river", "  two  spaces  ", "The small house.",
    "They'LL don't she's WE'RE 'tis", "naïve café cafe\u0301 Å \u212b", "ﬁne ½ ①Ａ", "Straße über GRÜN ẞ İ",
    "1234567 3.14 1,000 ٣٤ Ⅷ ²", "!!! ... --- '' \"\" ~^$+<=>|", "你好，世界。こんにちは 안녕", "नमस्ते सुभ", "🙂👨‍👩‍👧🇩🇪❤️",
    "x\u200by\u200dz\u00adq\u00a0r", "\u0000\u0007\u007f\u0085\u2028", "▁under▁line", "\u0301first", "\ufffd?",
    "a" * 120, "ab" * 90, "<unk> <s> </s> [CLS] x [SEP]<|end|>", "say  <extra>  now", "words word sword", "A\r\nB\r\n\r\nC",
    "Translation turns one language into another.", "Die Kinder spielen während der Nacht.", ">>deu<< The house",
]


def byte_level(name, steps, **options):
    tokenizer = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(vocab_size=340, show_progress=False, special_tokens=["<|end|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.train_from_iterator(TRAINING, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing("<|end|> $A", None, [("<|end|>", 0)])
    tokenizer.normalizer = options.get("normalizer")
    for added in options.get("added", []):
        tokenizer.add_tokens([added])
    if options.get("whole_words"):
        data = json.loads(tokenizer.to_str())
        data["model"]["ignore_merges"] = True
        tokenizer = Tokenizer.from_str(json.dumps(data))
    return name, tokenizer


def hugging_face_tokenizers():
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters, rest = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|", \
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    split = pre_tokenizers.Split
    yield byte_level("gpt2", [pre_tokenizers.ByteLevel(add_prefix_space=False)],
                     added=[AddedToken("<extra>", lstrip=True, rstrip=True), AddedToken("word", single_word=True)])
    yield byte_level("llama3", [split(Regex(letters + r"\p{N}{1,3}" + rest), "isolated"), plain], whole_words=True)
    yield byte_level("qwen2", [split(Regex(letters + r"\p{N}" + rest), "isolated"), plain], normalizer=normalizers.NFC())
    yield byte_level("falcon", [pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=True),
                                pre_tokenizers.Digits(False), split(Regex("[0-9][0-9][0-9]"), "isolated")])
    yield byte_level("regex", [split(Regex(r"\p{Lu}?\p{Ll}+|\s?\d+"), "merged_with_next", invert=True), plain])

    word_piece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    word_piece.normalizer = normalizers.BertNormalizer()
    word_piece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    word_piece.train_from_iterator(TRAINING, trainers.WordPieceTrainer(
        vocab_size=220, show_progress=False, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    word_piece.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
    word_piece.decoder = decoders.WordPiece()
    yield "wordpiece", word_piece

    metaspace = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    metaspace.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    metaspace.train_from_iterator(TRAINING, trainers.BpeTrainer(
        vocab_size=500, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))
    data = json.loads(metaspace.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    metaspace = Tokenizer.from_str(json.dumps(data))
    metaspace.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    metaspace.post_processor = processors.TemplateProcessing("<s> $A", None, [("<s>", 1)])
    yield "llama", metaspace

    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(),
                                               normalizers.Replace(Regex(" {2,}"), " ")])
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.train_from_iterator(TRAINING, trainers.UnigramTrainer(
        vocab_size=260, show_progress=False, unk_token="<unk>", special_tokens=["<unk>", "</s>"]))
    unigram.decoder = decoders.Metaspace()
    unigram.post_processor = processors.TemplateProcessing("$A </s>", None, [("</s>", 1)])
    yield "unigram", unigram

    marked = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    marked.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(),
                                              normalizers.Strip()])
    marked.pre_tokenizer = pre_tokenizers.Whitespace()
    marked.train_from_iterator(TRAINING, trainers.BpeTrainer(
        vocab_size=200, show_progress=False, special_tokens=["<unk>"], end_of_word_suffix="</w>"))
    marked.decoder = decoders.BPEDecoder()
    yield "endofword", marked

    words = Tokenizer(models.WordLevel(unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("removed"),
                                                   pre_tokenizers.CharDelimiterSplit("x")])
    words.train_from_iterator(TRAINING, trainers.WordLevelTrainer(show_progress=False, special_tokens=["<unk>"]))
    words.post_processor = processors.BertProcessing(("the", words.token_to_id("the")), ("and", words.token_to_id("and")))
    yield "words", words


def sentence_piece_models(folder):
    os.chdir(folder)  # the models record the paths of their inputs
    text = pathlib.Path("training.txt")
    text.write_text("\n".join(TRAINING))
    rules = pathlib.Path("rules.tsv")  # a small character map: full-width and ligatures, white space, a removed character
    rules.write_text("\n".join(["FF21\t41", "FB01\t66 69", "9\t20", "A\t20", "D\t20", "A0\t20", "200B\t", "65 301\tE9",
                                "2460\t31", "3000\t20"]) + "\n")
    common = dict(input=str(text), vocab_size=200, hard_vocab_limit=False, character_coverage=1.0, minloglevel=2)
    variants = {
        "spm-unigram": dict(model_type="unigram", normalization_rule_tsv=str(rules)),
        "spm-unigram-bytes": dict(model_type="unigram", vocab_size=460, byte_fallback=True, normalization_rule_name="identity",
                                  remove_extra_whitespaces=False, user_defined_symbols="<extra>,word"),
        "spm-bpe": dict(model_type="bpe", normalization_rule_tsv=str(rules), user_defined_symbols="<extra>,word"),
        "spm-bpe-bytes": dict(model_type="bpe", vocab_size=460, byte_fallback=True, normalization_rule_name="identity",
                              remove_extra_whitespaces=False),
        "spm-suffix": dict(model_type="unigram", normalization_rule_name="identity", treat_whitespace_as_suffix=True),
        "spm-bare": dict(model_type="bpe", normalization_rule_name="identity", add_dummy_prefix=False, unk_surface="?"),
    }
    for name, options in variants.items():
        sentencepiece.SentencePieceTrainer.train(model_prefix=name, **{**common, **options})
        (FOLDER / f"{name}.model").write_bytes(pathlib.Path(f"{name}.model").read_bytes())
        yield name, sentencepiece.SentencePieceProcessor(model_file=str(FOLDER / f"{name}.model"))


def marian_folder():
    target = FOLDER / "marian"
    target.mkdir(exist_ok=True)
    model = (FOLDER / "spm-unigram.model").read_bytes()
    (target / "source.spm").write_bytes(model)
    (target / "target.spm").write_bytes(model)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    names = ["</s>", "<unk>"] + [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size()) if i % 17 != 0]
    names += [">>deu<<", "世界。", "<pad>"]
    (target / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}, ensure_ascii=False))
    (target / "tokenizer_config.json").write_text('{"tokenizer_class": "MarianTokenizer"}\n')
    return MarianTokenizer.from_pretrained(str(target))


def main():
    expected = {}
    for name, tokenizer in hugging_face_tokenizers():
        (FOLDER / f"{name}.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False,
                                                        separators=(",", ":")) + "\n")
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        expected[f"{name}.json"] = {
            "ids": ids, "framed": [tokenizer.encode(text).ids for text in TEXTS],
            "decoded": [tokenizer.decode(line, skip_special_tokens=True) for line in ids],
            "decodedWithSpecial": [tokenizer.decode(line, skip_special_tokens=False) for line in ids]}
    with tempfile.TemporaryDirectory() as folder:
        for name, model in sentence_piece_models(pathlib.Path(folder)):
            ids = [model.encode(text) for text in TEXTS]
            expected[f"{name}.model"] = {"ids": ids, "decoded": [model.decode(line) for line in ids]}
        marian = marian_folder()
        ids = [marian.encode(text, add_special_tokens=False) for text in TEXTS]
        expected["marian"] = {"ids": ids, "framed": [marian.encode(text) for text in TEXTS],
                              "decoded": [marian.decode(line, skip_special_tokens=True) for line in ids]}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in expected.items())
    (FOLDER / "expected.json").write_text('{"texts": ' + json.dumps(TEXTS, ensure_ascii=False) + f",\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
