import Foundation
import GGUF
import JSONText
import TensorFile

extension Checkpoint {
    /// The vocabulary tables of the checkpoint, and the position and type tables that are to be left alone.
    ///
    /// `overrides` names the tensors to factorize instead of those found.
    public func findTables(overrides: [String] = []) throws -> [FoundTable] {
        let finder = TableFinder(source: source, configuration: configuration, tokenizerSize: tokenizer?.size)
        let tables = try finder.find(overrides: overrides)
        guard tables.contains(where: \.isChosen) else {
            let matrices = source.tensors.filter { $0.shape.count == 2 }.sorted { $0.elementCount > $1.elementCount }
            let largest = matrices.prefix(4).map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
            throw TensorFileError(
                .missing,
                file: path,
                place: "embeddings",
                cause: "no vocabulary table was recognised",
                remedy: largest.isEmpty
                    ? "the checkpoint has no matrix" : "name one with --embedding; the largest matrices: \(largest)"
            )
        }
        return tables
    }

    /// The checkpoint's tokenizer, by its files' names or GGUF's keys; nil where there is none.
    public var tokenizer: (kind: String, size: Int?)? {
        if let model = source as? GGUFModel, let kind = model[.tokenizerModel]?.text {
            return (kind, model[.tokens]?.array?.count)
        }
        guard layout == .directory else { return nil }
        let known = [
            ("tokenizer.json", "tokenizer.json"), ("source.spm", "SentencePiece pair (Marian)"),
            ("tokenizer.model", "SentencePiece"), ("spiece.model", "SentencePiece"), ("vocab.txt", "WordPiece"),
            ("vocab.json", "byte-level BPE"),
        ]
        guard let (_, kind) = known.first(where: { FileManager.default.fileExists(atPath: path + "/" + $0.0) }) else {
            return nil
        }
        return (kind, configuration.vocabularySize)
    }
}
