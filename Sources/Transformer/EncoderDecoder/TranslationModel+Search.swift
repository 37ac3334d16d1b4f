import LinearAlgebra

extension TranslationModel {
    /// The best translation of each text of `batch`, without the tokens that begin and end it.
    ///
    /// Results do not depend on the number of threads; how texts are put into batches may change last bits of scores.
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table, and for scores that
    ///   are not finite.
    public func translate(_ batch: RaggedBatch, _ options: TranslationOptions) throws -> [[Int]] {
        precondition(options.beams >= 1 && options.maximumLength >= 1, "nothing to search for")
        guard batch.count > 0 else { return [] }
        var options = options
        options.maximumLength = min(options.maximumLength, contextLength)
        guard options.maximumLength > 1 else { return batch.starts.dropLast().map { _ in [] } }
        let state = try TranslationState(self, reading: batch)
        let found = options.beams == 1 ? try greedy(state, options) : try beams(state, options)
        return found.map { tokens in
            var tokens = tokens.dropFirst()
            if let last = tokens.last, options.endTokens.contains(last) { tokens.removeLast() }
            return Array(tokens)
        }
    }

    /// The best token always, of all texts at once; texts that are done leave the batch.
    private func greedy(_ state: TranslationState, _ options: TranslationOptions) throws -> [[Int]] {
        var found = state.texts.map { _ in [options.startToken] }
        var logits: [Float] = []
        while !state.texts.isEmpty {
            let texts = state.texts
            let tokens = try nextScores(state, texts.map { found[$0][found[$0].count - 1] }, &logits) { rows in
                try texts.enumerated().map { place, text in
                    guard let best = try TokenScores(rows(place), after: found[text], options).best else {
                        throw TransformerError(
                            .notFinite,
                            place: "scores",
                            cause: "no token can come next",
                            remedy: "forbid fewer tokens"
                        )
                    }
                    return best
                }
            }
            for (text, token) in zip(texts, tokens) { found[text].append(token) }
            let length = state.length
            state.select(texts.indices.filter { !options.ends(tokens[$0], length: length) })
        }
        return found
    }

    /// A beam search for each text, all at once; texts that are done leave the batch.
    private func beams(_ state: TranslationState, _ options: TranslationOptions) throws -> [[Int]] {
        var searches = state.texts.map { _ in BeamSearch(options) }
        var active = Array(searches.indices)
        var logits: [Float] = []
        while !active.isEmpty {
            let tokens = active.flatMap { searches[$0].running.map { $0.tokens[$0.tokens.count - 1] } }
            let current = active.map { searches[$0] }
            // Each text's first row.
            let starts = current.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.running.count) }
            let steps = try nextScores(state, tokens, &logits) { rows in
                try Parallel.mapChunks(of: current.count, size: 1) { range in
                    var search = current[range.lowerBound]
                    let parents = try search.advance { rows(starts[range.lowerBound] + $0) }
                    return (search: search, parents: parents.map { $0 + starts[range.lowerBound] })
                }
            }
            for (text, step) in zip(active, steps) { searches[text] = step.search }
            state.select(steps.flatMap { $0.search.isDone ? [] : $0.parents })
            active.removeAll { searches[$0].isDone }
        }
        return searches.map(\.best)
    }

    /// Appends `tokens` to the translations of `state` and calls `body` with the scores of what may follow each.
    private func nextScores<Result>(
        _ state: TranslationState,
        _ tokens: [Int],
        _ logits: inout [Float],
        _ body: (@Sendable (Int) -> UnsafeMutableBufferPointer<Float>) throws -> Result
    ) throws -> Result {
        let size = head.tokenCount
        if logits.count < tokens.count * size { logits = [Float](repeating: 0, count: tokens.count * size) }
        return try state.append(tokens) { hidden in
            try logits.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return try body { _ in .init(start: nil, count: 0) } }
                let scores = MutableMatrixView(base, rows: tokens.count, columns: size)
                head.write(logitsOf: hidden, to: scores)
                return try body { UnsafeMutableBufferPointer(start: scores.base + $0 * size, count: size) }
            }
        }
    }
}
