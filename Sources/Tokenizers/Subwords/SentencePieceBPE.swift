extension BytePairModel {
    /// SentencePiece's BPE (LLaMA, Phi-3): two neighbouring pieces merge where their concatenation is a piece, the one
    /// with the highest score first. The pairs of every piece are found here once, so that encoding compares integers.
    ///
    /// A piece is reachable only through pieces of the vocabulary: SentencePiece's trainer keeps every character of a
    /// piece as a piece.
    /// - Parameter scores: one score an id.
    init(sentencePiece vocabulary: Vocabulary, scores: [Float], unknown: UnknownText) {
        let candidates = (0..<vocabulary.count).filter {
            (vocabulary.kind($0) == .normal || vocabulary.kind($0) == .unused) && $0 < scores.count
        }
        let isPart = { (id: Int) in vocabulary.kind(id) == .normal || vocabulary.kind(id) == .unused }
        var merges = MergeTable(capacity: candidates.count * 2)
        var parts: [UInt32: (UInt32, UInt32)] = [:]
        var rank: UInt32 = 0
        var previousScore = Float.infinity
        let ranked = candidates.sorted { (scores[$0], $1) > (scores[$1], $0) }
        for id in ranked {
            if scores[id] < previousScore { rank += 1 }
            previousScore = scores[id]
            let piece = Array(vocabulary.piece(id))
            for split in piece.indices.dropFirst() where piece[split] & 0xC0 != 0x80 {
                guard let left = vocabulary.table.find(piece.span, 0..<split), isPart(left),
                    let right = vocabulary.table.find(piece.span, split..<piece.count), isPart(right)
                else { continue }
                merges.insert(left, right, MergeTable.Merge(rank: rank, product: UInt32(truncatingIfNeeded: id)))
                if vocabulary.kind(id) == .unused, parts[UInt32(truncatingIfNeeded: id)] == nil {
                    parts[UInt32(truncatingIfNeeded: id)] =
                        (UInt32(truncatingIfNeeded: left), UInt32(truncatingIfNeeded: right))
                }
            }
        }
        self.init(
            vocabulary,
            firstSymbols: .characters(CharacterSymbols(vocabulary)),
            unknown: unknown,
            merges: merges,
            products: ranked,
            parts: parts
        )
    }
}
