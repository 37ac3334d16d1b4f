import Foundation
import TestSupport

/// A golden model with a vocabulary of the words w0, w1 …, whose ids are their numbers.
enum WordModel {
    /// Copies the model `golden` of `Tests/Golden` to `target`, with `words` words.
    static func copy(_ golden: String, words: Int, to target: URL) throws {
        try FileManager.default.copyItem(at: TestFiles.root.appending(path: "Tests/Golden/\(golden)"), to: target)
        let vocabulary = (0..<words).map { "\"w\($0)\": \($0)" }.joined(separator: ", ")
        let tokenizer = """
            {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
             "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "vocab": {\(vocabulary)}, "unk_token": "w0"}}
            """
        try Data(tokenizer.utf8).write(to: target.appending(path: "tokenizer.json"))
        // A GGUF file beside the weights would be a choice of tokenizers.
        try? FileManager.default.removeItem(at: target.appending(path: "llama-names.gguf"))
    }
}
