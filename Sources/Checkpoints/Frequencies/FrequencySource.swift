import Foundation
import TensorFile
import Tokenizers

/// Where the frequencies of tokens come from: `--weights tokenizer|uniform|FILE`.
public enum FrequencySource: Hashable, Sendable {
    /// All tokens alike.
    case uniform
    /// What the tokenizer's training left behind.
    case tokenizer
    /// Counts over a text file, encoded by the model's own tokenizer.
    case text(String)

    /// The source that a command line names.
    public init(named name: String) {
        switch name {
        case "uniform": self = .uniform
        case "tokenizer": self = .tokenizer
        default: self = .text(name)
        }
    }
}

extension Workspace {
    /// The source checkpoint's tokenizer; nil where the source is a bare tensor file, which has none.
    ///
    /// - Throws: `TokenizerError` for a vocabulary that is there and cannot be read.
    public func openTokenizer() throws -> (any Tokenizer)? {
        guard manifest.tokenizer != nil else { return nil }
        return try TokenizerLoading.tokenizer(at: sourcePath)
    }

    /// The frequencies of the `rowCount` tokens of a table of this workspace.
    ///
    /// `tokenizer` falls back to uniform where the source has no tokenizer that can be read; `origin` says so.
    /// - Throws: `TokenizerError` for a text where the vocabulary cannot be read or is not there; `TensorFileError` for
    ///   a text that cannot be read.
    public func frequencies(_ source: FrequencySource, rowCount: Int) throws -> TokenFrequencies {
        switch source {
        case .uniform: return TokenFrequencies(uniform: rowCount)
        case .tokenizer:
            var uniform = TokenFrequencies(uniform: rowCount)
            do {
                if let tokenizer = try openTokenizer() {
                    return TokenFrequencies(tokenizer: tokenizer, rowCount: rowCount)
                }
                uniform.origin = "uniform: the source has no tokenizer"
            } catch let error as TokenizerError {
                // Weights are no reason to refuse a model whose tokenizer is of a kind that is not known here.
                uniform.origin = "uniform: the tokenizer cannot be read (\(error))"
            }
            return uniform
        case .text(let path):
            guard let tokenizer = try openTokenizer() else {
                throw TokenizerError(
                    file: sourcePath,
                    place: "--weights \(path)",
                    cause: "a text needs the model's tokenizer, and the source has none",
                    remedy: "import the model's folder, or say --weights uniform"
                )
            }
            return try TokenFrequencies(counting: InputFile(path), by: tokenizer, rowCount: rowCount)
        }
    }
}
