"""Times `seeconv tokenize` beside the reference tokenizers: processor seconds for one text, each from a fresh start.

    python Tools/bench/tokenization.py SEECONV --data DATA [--minilm MODEL] [--text FILE] [--repeats 5]

A row is the median over the repeats of: seeconv's user time for the text less its time for an empty line (start and
loading excluded; printing the ids included); the reference's user time of one encode call in a process that has just
loaded it. Both run on one thread, so caches are cold and other work on the machine matters little.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

REFERENCE = r"""
import json, resource, sys
kind, path, text_file = sys.argv[1:]
text = open(text_file, encoding="utf-8").read()
if kind == "tokenizers":
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation(); tokenizer.no_padding()
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
elif kind == "sentencepiece":
    import sentencepiece
    encode = sentencepiece.SentencePieceProcessor(model_file=path).encode
else:
    from llama_cpp import Llama
    model = Llama(path, vocab_only=True, verbose=False)
    encode = lambda text: model.tokenize(text.encode(), add_bos=False, special=False)
start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
count = len(encode(text))
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_utime - start, count]))
"""


def user_seconds(arguments, text):
    """The user time of a child process and its output."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink:
        source.write(text.encode())
        source.seek(0)
        child = subprocess.Popen(arguments, stdin=source, stdout=sink)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"{arguments[0]} failed")
        sink.seek(0)
        return usage.ru_utime, sink.read()


def seeconv_seconds(seeconv, path, text):
    full, output = user_seconds([seeconv, "tokenize", path, "--jsonl"], json.dumps(text, ensure_ascii=False) + "\n")
    empty, _ = user_seconds([seeconv, "tokenize", path, "--jsonl"], '""\n')
    return full - empty, len(output.split()), empty


def reference_seconds(kind, path, text_file):
    environment = dict(os.environ, TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
    output = subprocess.run([sys.executable, "-c", REFERENCE, kind, path, text_file], env=environment, check=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(output)


def cases(options, folder):
    """Name, seeconv's vocabulary, the reference and its vocabulary."""
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "interop"))
    from tokenizer_interop import built_tokenizers
    if options.minilm:
        path = str(options.minilm / "tokenizer.json")
        yield "MiniLM (WordPiece)", path, "tokenizers", path
    for name, tokenizer in built_tokenizers(folder, options.data):
        if name in ["gpt2", "llama3", "qwen2", "falcon", "o200k-regex", "phi3-legacy", "phi3-metaspace-words", "unigram-xlmr"]:
            path = str(pathlib.Path(folder) / f"{name}.json")
            tokenizer.save(path)
            yield name, path, "tokenizers", path
    spm = str(options.data / "models" / "marian-de-en" / "source.spm")
    yield "unigram .spm", spm, "sentencepiece", spm
    gguf = str(options.data / "vocabularies" / "ggml-vocab-phi-3.gguf")
    yield "phi-3 .gguf", gguf, "llama.cpp", gguf
    gguf = str(options.data / "vocabularies" / "ggml-vocab-gpt-2.gguf")
    yield "gpt-2 .gguf", gguf, "llama.cpp", gguf


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("seeconv")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--minilm", type=pathlib.Path)
    parser.add_argument("--text", type=pathlib.Path, help="default: WikiText-2's validation text")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only")
    options = parser.parse_args()
    text_file = options.text or options.data / "corpora" / "wikitext-2.valid.txt"
    text = text_file.read_text("utf-8")
    megabytes = len(text.encode()) / 1e6
    print(f"{text_file.name}, {megabytes:.2f} MB, one thread, user time, median of {options.repeats}")
    print(f"{'tokenizer':22} {'ids':>8} {'seeconv':>9} {'reference':>10}  {'ratio':>6} {'MB/s':>6} {'load':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name, vocabulary, kind, path in cases(options, folder):
            if options.only and options.only not in name:
                continue
            own = [seeconv_seconds(options.seeconv, vocabulary, text) for _ in range(options.repeats)]
            other = [reference_seconds(kind, path, str(text_file)) for _ in range(options.repeats)]
            mine, theirs = (statistics.median(row[0] for row in rows) for rows in (own, other))
            equal = "" if own[0][1] == other[0][1] else f"  ids differ: {other[0][1]}"
            print(f"{name:22} {own[0][1]:8} {mine * 1e3:6.0f} ms {theirs * 1e3:7.0f} ms  {theirs / max(mine, 1e-4):5.1f}x "
                  f"{megabytes / max(mine, 1e-4):6.1f} {statistics.median(r[2] for r in own) * 1e3:4.0f} ms  {kind}{equal}",
                  flush=True)


if __name__ == "__main__":
    main()
