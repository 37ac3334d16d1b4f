import Foundation
import GGUF
import JSONText
import TensorFile
import Tokenizers

/// Finds and loads the tokenizer at a path: a model folder, or one file of any kind that `Tokenizers` reads.
public enum TokenizerLoading {
    /// The tokenizer at `path`.
    ///
    /// In a folder the first of these counts: `tokenizer.json`; Marian's `source.spm`, `target.spm`, `vocab.json`;
    /// `tokenizer.model` or `spiece.model`; `vocab.json` with `merges.txt`; `vocab.txt`; the only `.gguf` file. Roles of
    /// tokens are completed from `tokenizer_config.json` and `special_tokens_map.json` beside it.
    /// - Throws: `TokenizerError` for what is wrong inside a vocabulary, `TensorFileError` for what the system or a GGUF
    ///   container refuses.
    public static func tokenizer(at path: String) throws -> any Tokenizer {
        let url = URL(filePath: path)
        let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
        return try isFolder ? tokenizer(inFolder: url) : tokenizer(inFile: url)
    }

    private static func tokenizer(inFolder folder: URL) throws -> any Tokenizer {
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
        if names.contains("tokenizer.json") {
            return try tokenizer(inFile: folder.appending(path: "tokenizer.json"))
        }
        if names.isSuperset(of: ["source.spm", "target.spm", "vocab.json"]) { return try marian(in: folder, names) }
        for name in ["tokenizer.model", "spiece.model"] where names.contains(name) {
            return try tokenizer(inFile: folder.appending(path: name))
        }
        if names.isSuperset(of: ["vocab.json", "merges.txt"]) {
            return try tokenizer(inFile: folder.appending(path: "vocab.json"))
        }
        if names.contains("vocab.txt") { return try tokenizer(inFile: folder.appending(path: "vocab.txt")) }
        let containers = names.filter { $0.hasSuffix(".gguf") }
        if containers.count == 1, let name = containers.first {
            return try tokenizer(inFile: folder.appending(path: name))
        }
        throw TokenizerError(
            file: folder.path,
            place: "folder",
            cause: "no vocabulary is here",
            remedy: "name a folder with tokenizer.json, tokenizer.model, vocab.json and merges.txt, or vocab.txt"
        )
    }

    private static func tokenizer(inFile file: URL) throws -> any Tokenizer {
        let name = file.lastPathComponent
        switch file.pathExtension {
        case "gguf": return try TokenizationPipeline(gguf: GGUFVocabulary(GGUFFile(file.path)), file: file.path)
        case "model", "spm":
            var pipeline = try TokenizationPipeline(sentencePiece: bytes(of: file), file: file.path)
            try completeSentencePiece(&pipeline, beside: file)
            return pipeline
        case "json" where name.hasSuffix("vocab.json"):
            let merges = file.deletingLastPathComponent()
                .appending(path: name.dropLast("vocab.json".count) + "merges.txt")
            return try bytePairs(vocabulary: file, merges: merges)
        case "txt" where name.hasSuffix("merges.txt"):
            let vocabulary = file.deletingLastPathComponent()
                .appending(path: name.dropLast("merges.txt".count) + "vocab.json")
            return try bytePairs(vocabulary: vocabulary, merges: file)
        case "json":
            var pipeline = try TokenizationPipeline(tokenizerJSON: bytes(of: file), file: file.path)
            try assignRoles(&pipeline, beside: file)
            return pipeline
        case "txt":
            let lowercases = try configuration(beside: file)?["do_lower_case"]?.bool
            return try TokenizationPipeline(
                vocabularyText: bytes(of: file),
                lowercases: lowercases,
                file: file.path
            )
        default:
            throw TokenizerError(
                file: file.path,
                place: "file name",
                cause: "not the name of a vocabulary",
                remedy: "name a tokenizer.json, .model, .spm, vocab.json, vocab.txt or .gguf file, or a model folder"
            )
        }
    }

    private static func marian(in folder: URL, _ names: Set<String>) throws -> MarianTokenizer {
        let file = { (name: String) in folder.appending(path: name) }
        do {
            return try MarianTokenizer(
                sourceModel: bytes(of: file("source.spm")),
                targetModel: bytes(of: file("target.spm")),
                vocabulary: bytes(of: file("vocab.json")),
                targetVocabulary: names.contains("target_vocab.json") ? bytes(of: file("target_vocab.json")) : nil
            )
        } catch var error as TokenizerError {
            error.file = file(error.file).path
            throw error
        }
    }

    private static func bytePairs(vocabulary: URL, merges: URL) throws -> TokenizationPipeline {
        try TokenizationPipeline(
            vocabularyJSON: bytes(of: vocabulary),
            merges: bytes(of: merges),
            files: (vocabulary.path, merges.path)
        )
    }

    /// Special tokens around a text, as the tokenizer class of the configuration adds them.
    private static func completeSentencePiece(_ pipeline: inout TokenizationPipeline, beside file: URL) throws {
        guard let configuration = try configuration(beside: file) else { return }
        try assignRoles(&pipeline, beside: file)
        let name = configuration["tokenizer_class"]?.string ?? ""
        pipeline.addSpecialTokens(
            beginning: configuration["add_bos_token"]?.bool ?? name.hasPrefix("Llama"),
            end: configuration["add_eos_token"]?.bool ?? name.hasPrefix("T5")
        )
    }

    private static func assignRoles(_ pipeline: inout TokenizationPipeline, beside file: URL) throws {
        for name in ["tokenizer_config.json", "special_tokens_map.json"] {
            let other = file.deletingLastPathComponent().appending(path: name)
            guard FileManager.default.fileExists(atPath: other.path) else { continue }
            try pipeline.assignRoles(from: bytes(of: other), file: other.path)
        }
    }

    private static func configuration(beside file: URL) throws -> JSONValue? {
        let other = file.deletingLastPathComponent().appending(path: "tokenizer_config.json")
        guard FileManager.default.fileExists(atPath: other.path) else { return nil }
        do {
            return try JSONValue(parsing: bytes(of: other))
        } catch let error as JSONError {
            throw TokenizerError(
                file: other.path,
                place: "byte \(error.offset)",
                cause: error.cause,
                remedy: "mend the file or remove it"
            )
        }
    }

    private static func bytes(of file: URL) throws(TensorFileError) -> [UInt8] {
        let input = try InputFile(file.path)
        return try input.bytes(at: 0, count: input.size)
    }
}

extension GGUFVocabulary {
    /// The tokenizer keys of a GGUF file.
    public init(_ file: GGUFFile) throws(TensorFileError) {
        let strings = { (key: GGUFKey) in file[key]?.strings.map { $0.map { Array($0.bytes) } } ?? [] }
        self.init(
            model: try file.metadata.requiredText(GGUFKey.tokenizerModel.name),
            tokens: strings(.tokens)
        )
        preTokenizer = file[.tokenizerPre]?.text
        modelName = file[.modelName]?.text ?? ""
        merges = strings(.merges)
        scores = file[.scores]?.array?.floats ?? []
        tokenTypes = file[.tokenTypes]?.array?.integers ?? []
        characterMap = file[.precompiledCharsMap]?.array?.octets.map { Array($0) } ?? []
        addsBeginning = file[.addBOS]?.bool
        addsEnd = file[.addEOS]?.bool
        addsSpacePrefix = file[.addSpacePrefix]?.bool
        removesExtraWhitespace = file[.removeExtraWhitespaces]?.bool
        specialTokens.beginning = file[.bosTokenID]?.integer
        specialTokens.end = file[.eosTokenID]?.integer
        specialTokens.unknown = file[.unknownTokenID]?.integer
        specialTokens.padding = file[.paddingTokenID]?.integer
        specialTokens.separator = file[.seperatorTokenID]?.integer ?? file[.separatorTokenID]?.integer
        specialTokens.classification = file[.classTokenID]?.integer
        specialTokens.mask = file[.maskTokenID]?.integer
    }
}
