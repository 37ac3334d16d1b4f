/// The unigram language model (Kudo 2018): the segmentation whose pieces have the highest sum of log-probabilities,
/// found by the Viterbi algorithm in one pass over the text.
///
/// Sums decide between near ties, so the width of `Score` follows the reference: 32 bits for SentencePiece, 64 for
/// Hugging Face's tokenizers.
struct UnigramModel<Score: BinaryFloatingPoint & Sendable>: SubwordModel {
    private let trie: PieceTrie
    /// The score of each id.
    private let scores: [Score]
    /// The score of a character that no piece covers.
    private let unknownScore: Score
    /// What stands for such characters; a run of them becomes one.
    private let unknown: UnknownText
    /// Whether sums beyond `sumLimit` are brought back to zero, as SentencePiece does to keep their precision.
    private let rebasesSums: Bool
    private let target: Target?
    /// The scores of the pieces by the id that encoding gives for them.
    let frequencyEvidence: FrequencyEvidence

    /// SentencePiece's bound for sums.
    private static var sumLimit: Score { 100_000 }
    /// How much worse than the worst piece an uncovered character is.
    static var unknownPenalty: Score { 10 }

    /// Another vocabulary whose ids stand for the model's pieces, and in which uncovered text is looked up (Marian).
    struct Target: Sendable {
        /// The id in `vocabulary` for each id of the model.
        var ids: [Int]
        var vocabulary: Vocabulary
    }

    /// - Parameters:
    ///   - pieces: the ids that text may become.
    ///   - scores: one finite score an id.
    ///   - worst: the lowest score that counts.
    init(
        _ vocabulary: Vocabulary,
        pieces: some Sequence<Int>,
        scores: [Score],
        worst: Score,
        unknown: UnknownText,
        rebasesSums: Bool,
        target: Target? = nil
    ) {
        self.scores = scores
        self.unknown = unknown
        self.rebasesSums = rebasesSums
        self.target = target
        var evidence: [Int: Double] = [:]
        for id in pieces where id < scores.count && vocabulary.kind(id) == .normal {
            evidence[target?.ids[id] ?? id] = Double(scores[id])
        }
        frequencyEvidence = .logProbabilities([evidence])
        unknownScore = worst - UnigramModel.unknownPenalty
        trie = PieceTrie(pieces.filter { $0 < scores.count }.map { (vocabulary.piece($0), $0) })
    }

    /// The best segmentation of the text up to some byte: its score, and its last piece.
    private struct Node {
        var score: Score
        /// The length of the last piece in bytes; 0 while nothing ends here.
        var length: Int32
        /// The last piece; -1 for an uncovered character.
        var id: Int32
    }

    @specialized(where Score == Float)
    @specialized(where Score == Double)
    func encode(_ text: [UInt8], words: [Range<Int>], into ids: inout [Int]) {
        var nodes: [Node] = []
        for word in words {
            search(text.span, word, &nodes)
            appendBestPath(nodes, text.span, word, to: &ids)
        }
    }

    /// Fills `nodes[n]` with the best segmentation of the first `n` bytes of `text[word]`.
    private func search(_ text: Span<UInt8>, _ word: Range<Int>, _ nodes: inout [Node]) {
        let base = word.lowerBound
        nodes.removeAll(keepingCapacity: true)
        nodes.append(contentsOf: repeatElement(Node(score: 0, length: 0, id: -1), count: word.count + 1))
        var reach = 0
        var start = base
        while start < word.upperBound {
            if rebasesSums, abs(nodes[start - base].score) > UnigramModel.sumLimit {
                rebase(&nodes, start - base...max(reach, start - base))
            }
            let scoreSoFar = nodes[start - base].score
            let nextStart = min(start + text.scalar(at: start).length, word.upperBound)
            var coversCharacter = false
            var node = PieceTrie.root
            var offset = start
            while offset < word.upperBound, let child = trie.child(of: node, over: text[offset]) {
                node = child
                offset += 1
                let id = trie.value(at: node)
                guard id >= 0 else { continue }
                improve(&nodes[offset - base], scoreSoFar + scores[id], length: offset - start, id: id)
                reach = max(reach, offset - base)
                if offset == nextStart { coversCharacter = true }
            }
            if !coversCharacter {
                improve(&nodes[nextStart - base], scoreSoFar + unknownScore, length: nextStart - start, id: -1)
                reach = max(reach, nextStart - base)
            }
            start = nextStart
        }
    }

    @inline(__always)
    private func improve(_ node: inout Node, _ score: Score, length: Int, id: Int) {
        guard node.length == 0 || score > node.score else { return }
        node = Node(score: score, length: Int32(truncatingIfNeeded: length), id: Int32(truncatingIfNeeded: id))
    }

    /// Makes the first of `range` zero and keeps the differences to it.
    private func rebase(_ nodes: inout [Node], _ range: ClosedRange<Int>) {
        let offset = nodes[range.lowerBound].score
        for index in range where index == range.lowerBound || nodes[index].length > 0 { nodes[index].score -= offset }
    }

    /// Appends the ids on the best path, which is followed back from its end.
    private func appendBestPath(_ nodes: [Node], _ text: Span<UInt8>, _ word: Range<Int>, to ids: inout [Int]) {
        let first = ids.count
        var end = word.count
        var uncoveredEnd: Int?
        while end > 0 {
            let node = nodes[end]
            if node.id < 0 {
                uncoveredEnd = uncoveredEnd ?? end
            } else {
                if let last = uncoveredEnd { appendUncovered(text, end..<last, word, to: &ids) }
                uncoveredEnd = nil
                ids.append(target?.ids[Int(node.id)] ?? Int(node.id))
            }
            end -= max(Int(node.length), 1)
        }
        if let last = uncoveredEnd { appendUncovered(text, 0..<last, word, to: &ids) }
        ids[first...].reverse()
    }

    /// Appends, last one first, what stands for a stretch of `text[word]` that no piece covers.
    private func appendUncovered(_ text: Span<UInt8>, _ part: Range<Int>, _ word: Range<Int>, to ids: inout [Int]) {
        let range = word.lowerBound + part.lowerBound..<word.lowerBound + part.upperBound
        if let known = target?.vocabulary.table.find(text, range) {
            ids.append(known)
            return
        }
        var symbols: [UInt32] = []
        unknown.append(text, range, to: &symbols)
        for symbol in symbols.reversed() { ids.append(Int(symbol)) }
    }
}

extension UnigramModel<Float> {
    /// SentencePiece's unigram model: user-defined pieces are worth more than any segmentation of their text.
    init(
        sentencePiece vocabulary: Vocabulary,
        scores: [Float],
        unknown: UnknownText,
        target: Target? = nil
    ) {
        var scores = scores
        let pieces = (0..<vocabulary.count).filter {
            vocabulary.kind($0) == .normal || vocabulary.kind($0) == .userDefined
        }
        let worst = pieces.lazy.filter { vocabulary.kind($0) == .normal && $0 < scores.count }.map { scores[$0] }.min()
        for id in pieces where vocabulary.kind(id) == .userDefined && id < scores.count {
            scores[id] = Float(0.1 * Double(vocabulary.piece(id).count - 1))
        }
        self.init(
            vocabulary,
            pieces: pieces,
            scores: scores,
            worst: worst ?? 0,
            unknown: unknown,
            rebasesSums: true,
            target: target
        )
    }
}
