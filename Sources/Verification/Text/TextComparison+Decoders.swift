import LinearAlgebra
import Runtime
import TensorFile
import Tokenizers
import Transformer

extension TextComparison {
    /// Tokens that decoders see at once, where their contexts hold them: as `eval --perplexity` has it.
    private static let decoderWindow = 2048

    /// Both decoders read the text in the windows of `Perplexity`, half of each new. All figures are of the places whose
    /// next token is scored: each but the text's last one, once.
    static func decoders(
        _ reference: LanguageModel,
        _ candidate: LanguageModel,
        _ text: VerificationText,
        _ progress: (Double) -> Void
    ) throws -> TextComparison {
        let tokens = try decoderTokens(reference, candidate, text)
        let shape = reference.decoder.shape
        let limit = min(shape.contextLength, candidate.decoder.shape.contextLength, decoderWindow)
        let capacity = min(limit, tokens.count)
        let sequences = (
            reference: try DecoderSequence(reference.decoder, capacity: capacity),
            candidate: try DecoderSequence(candidate.decoder, capacity: capacity)
        )
        let states = HiddenStateComparison(count: shape.layerCount + 1)
        var distributions = DistributionComparison()
        let step = HiddenStateComparison.tokens(
            count: shape.layerCount + 1,
            width: shape.width,
            limit: DecoderModel.batchSize
        )
        for window in Perplexity(window: limit, stride: limit / 2).windows(of: tokens.count, limit: capacity) {
            // The second list of a LongRoPE model is chosen by the whole window, as when it is read at once.
            for sequence in [sequences.reference, sequences.candidate] {
                sequence.removeAll(expecting: window.tokens.count)
            }
            for first in Swift.stride(from: window.tokens.lowerBound, to: window.tokens.upperBound, by: step) {
                let part = first..<min(first + step, window.tokens.upperBound)
                // What stands at a place predicts the token after it.
                let lower = max(0, window.scored.lowerBound - 1 - first)
                let rows = lower..<max(lower, min(part.count, window.scored.upperBound - 1 - first))
                let isCompared = !rows.isEmpty
                let ids = Array(tokens[part])
                func chosen(_ state: MatrixView<Float>) -> MatrixView<Float> {
                    state.extracting(rows: rows, columns: 0..<state.columns)
                }
                try sequences.reference.append(
                    ids,
                    observe: isCompared ? { layer, _, state in states.keep(layer, chosen(state)) } : nil
                ) { _, _ in }
                try sequences.candidate.append(
                    ids,
                    observe: isCompared ? { layer, _, state in states.compare(layer, chosen(state)) } : nil
                ) { _, hidden in
                    guard isCompared else { return }
                    try states.reference(shape.layerCount).withView { kept in
                        try distributions.add(
                            .init(path: reference.path, hidden: kept, head: reference.decoder.head),
                            .init(path: candidate.path, hidden: chosen(hidden), head: candidate.decoder.head),
                            targets: Array(tokens[first + rows.lowerBound + 1..<first + rows.upperBound + 1])
                        ) { "token \(first + rows.lowerBound + $0 + 1) of \(text.file)" }
                    }
                }
                progress(Double(part.upperBound) / Double(tokens.count))
            }
        }
        return TextComparison(
            .decoder,
            on: text,
            tokens: distributions.count,
            hiddenStateErrors: states.relativeErrors,
            distributions: distributions
        )
    }

    private static func decoderTokens(
        _ reference: LanguageModel,
        _ candidate: LanguageModel,
        _ text: VerificationText
    ) throws -> [Int] {
        let tokenizers = PairedTokenizers(
            candidatePath: candidate.path,
            reference: try reference.tokenizer(at: text.tokenizer),
            candidate: text.tokenizer == nil ? try candidate.tokenizer() : nil
        )
        let all = try tokenizers.tokens(at: (text.file, "the text")) {
            $0.encode(utf8: text.bytes, EncodingOptions(addsSpecialTokens: true))
        }
        let tokens = Array(all.prefix(text.maximumTokens ?? all.count))
        let context = min(reference.decoder.shape.contextLength, candidate.decoder.shape.contextLength)
        guard context >= 2 else {
            throw TensorFileError(
                .limit,
                file: candidate.path,
                place: "context",
                cause: "both models together read \(context) tokens at once; two are needed to score one",
                remedy: "use models with a longer context"
            )
        }
        guard tokens.count >= 2 else {
            throw TensorFileError(
                .limit,
                file: text.file,
                place: "text",
                cause: "\(tokens.count) token to read; the first is never scored",
                remedy: "give a longer text"
            )
        }
        return tokens
    }
}
