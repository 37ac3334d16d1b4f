import TensorFile
import Tokenizers

/// How a conversation is written down for a model: fixed forms of known families. The template that a file carries is a
/// program of whoever made the file, and is never run.
public enum ChatTemplate: String, Sendable, CaseIterable {
    /// `<|user|>` … `<|end|>`
    case phi3
    /// `[INST]` … `[/INST]`
    case llama2
    /// `<|start_header_id|>user<|end_header_id|>` … `<|eot_id|>`
    case llama3

    /// The form whose control tokens `vocabulary` has; LLaMA 2's has none of its own and is what remains.
    public init(for vocabulary: Vocabulary) {
        func has(_ tokens: String...) -> Bool { tokens.allSatisfy { vocabulary.id(of: Array($0.utf8)) != nil } }
        self =
            has("<|start_header_id|>", "<|eot_id|>") ? .llama3 : has("<|assistant|>", "<|end|>") ? .phi3 : .llama2
    }

    /// Texts that a user's words must not contain: they would end the user's turn.
    private var marks: [String] {
        switch self {
        case .phi3: ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|endoftext|>", "</s>", "<s>"]
        case .llama2: ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>"]
        case .llama3:
            ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|begin_of_text|>", "<|end_of_text|>"]
        }
    }

    /// A user's first words to the model, up to where its answer begins. The token that begins a text is not part of it.
    ///
    /// - Throws: kind `value` where words spell a mark of the form.
    public func text(user: String, system: String? = nil) throws(TensorFileError) -> String {
        for words in [user, system ?? ""] {
            if let mark = marks.first(where: words.contains) {
                throw TensorFileError(
                    .value,
                    place: "prompt",
                    cause: "it spells \(mark), which ends a turn in \(rawValue) conversations",
                    remedy: "leave the mark out, or run without --chat"
                )
            }
        }
        switch self {
        case .phi3:
            return (system.map { "<|system|>\n\($0)<|end|>\n" } ?? "") + "<|user|>\n\(user)<|end|>\n<|assistant|>\n"
        case .llama2:
            return "[INST] " + (system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "") + "\(user) [/INST]"
        case .llama3:
            func turn(_ role: String, _ words: String) -> String {
                "<|start_header_id|>\(role)<|end_header_id|>\n\n\(words)<|eot_id|>"
            }
            return (system.map { turn("system", $0) } ?? "") + turn("user", user)
                + "<|start_header_id|>assistant<|end_header_id|>\n\n"
        }
    }

    /// The tokens that a model of this form ends its answers with.
    public func endTokens(in vocabulary: Vocabulary) -> [Int] {
        let names = self == .phi3 ? ["<|end|>", "<|endoftext|>"] : self == .llama3 ? ["<|eot_id|>"] : []
        return names.compactMap { vocabulary.id(of: Array($0.utf8)) }
    }
}
