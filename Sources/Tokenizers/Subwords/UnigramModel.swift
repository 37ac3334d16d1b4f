/// The unigram language model (Kudo 2018): the segmentation whose pieces have the highest sum of log-probabilities,
/// found by the Viterbi algorithm in one pass over the text.
struct UnigramModel: SubwordModel {
    /// Where the arithmetic follows which reference: sums decide between near ties.
    enum Arithmetic: Sendable {
        /// SentencePiece: sums are rounded to 32 bits at every step.
        case single
        /// Hugging Face's tokenizers: 64 bits.
        case double
    }

    /// How much worse than the worst piece an uncovered character is.
    private static let unknownPenalty = 10.0

    private let trie: PieceTrie
    /// The score of each id.
    private let scores: [Double]
    private let unknownScore: Double
    /// The unknown token of `vocabulary`; a run of uncovered characters becomes one.
    private let unknown: UnknownText
    private let arithmetic: Arithmetic
    /// What this model's ids are in the caller's vocabulary, and where uncovered text is looked up there first (Marian).
    private let target: Target?

    /// Another vocabulary whose ids stand for this model's pieces.
    struct Target: Sendable {
        /// The id in `vocabulary` for each id of the model.
        var ids: [Int]
        var vocabulary: Vocabulary
    }

    /// - Parameters:
    ///   - scores: one finite score an id.
    ///   - unknown: what stands for uncovered text.
    ///   - pieces: the ids that text may become.
    init(
        _ vocabulary: Vocabulary,
        scores: [Double],
        unknown: UnknownText,
        pieces: [Int],
        arithmetic: Arithmetic,
        target: Target? = nil
    ) {
        let ranked = pieces.filter { $0 < scores.count && vocabulary.kind($0) != .unused }
        let normal = ranked.filter { arithmetic == .double || vocabulary.kind($0) == .normal }.map { scores[$0] }
        let (lowest, highest) = (normal.min() ?? 0, normal.max() ?? 0)
        var scores = scores
        if arithmetic == .single {
            // SentencePiece gives a user-defined piece a score that no segmentation of the same text reaches.
            for id in ranked where vocabulary.kind(id) == .userDefined {
                scores[id] = Double(vocabulary.piece(id).count) * highest - 0.1
            }
        }
        let unknownScore = lowest - UnigramModel.unknownPenalty
        self.scores = scores
        self.unknownScore = arithmetic == .single ? Double(Float(unknownScore)) : unknownScore
        self.unknown = unknown
        self.arithmetic = arithmetic
        self.target = target
        trie = PieceTrie(ranked.map { (vocabulary.piece($0), $0) })
    }

    /// The best segmentation of the text up to some byte: its score, and its last piece.
    private struct Node {
        var score: Double
        /// The length of the last piece in bytes; 0 while nothing ends here.
        var length: Int32
        /// The last piece; -1 for an uncovered character.
        var id: Int32
    }

    func encode(_ text: [UInt8], words: [Range<Int>], into ids: inout [Int]) {
        var nodes: [Node] = []
        var path: [(id: Int, range: Range<Int>)] = []
        for word in words {
            search(text.span, word, &nodes)
            trace(nodes, word, into: &path)
            append(path, of: text.span, to: &ids)
        }
    }

    /// Fills `nodes[n]` with the best segmentation of the first `n` bytes of `text[word]`.
    private func search(_ text: Span<UInt8>, _ word: Range<Int>, _ nodes: inout [Node]) {
        let base = word.lowerBound
        nodes.removeAll(keepingCapacity: true)
        nodes.append(contentsOf: repeatElement(Node(score: 0, length: 0, id: -1), count: word.count + 1))
        var start = base
        while start < word.upperBound {
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
                if offset == nextStart { coversCharacter = true }
            }
            if !coversCharacter {
                improve(&nodes[nextStart - base], scoreSoFar + unknownScore, length: nextStart - start, id: -1)
            }
            start = nextStart
        }
    }

    @inline(__always)
    private func improve(_ node: inout Node, _ score: Double, length: Int, id: Int) {
        let score = arithmetic == .single ? Double(Float(score)) : score
        guard node.length == 0 || score > node.score else { return }
        node = Node(score: score, length: Int32(truncatingIfNeeded: length), id: Int32(truncatingIfNeeded: id))
    }

    /// Follows the best path back; uncovered neighbours become one stretch with id -1 unless they are spelt in bytes.
    private func trace(_ nodes: [Node], _ word: Range<Int>, into path: inout [(id: Int, range: Range<Int>)]) {
        path.removeAll(keepingCapacity: true)
        var end = word.count
        while end > 0 {
            let node = nodes[end]
            let start = max(end - max(Int(node.length), 1), 0)
            let range = word.lowerBound + start..<word.lowerBound + end
            if node.id < 0, let last = path.last, last.id < 0 {
                path[path.count - 1].range = range.lowerBound..<last.range.upperBound
            } else {
                path.append((Int(node.id), range))
            }
            end = start
        }
        path.reverse()
    }

    private func append(_ path: [(id: Int, range: Range<Int>)], of text: Span<UInt8>, to ids: inout [Int]) {
        for (id, range) in path {
            if id >= 0 {
                ids.append(target?.ids[id] ?? id)
            } else if let known = target?.vocabulary.table.find(text, range) {
                ids.append(known)
            } else {
                var symbols: [UInt32] = []
                unknown.append(text, range, to: &symbols)
                for symbol in symbols { ids.append(Int(symbol)) }
            }
        }
    }
}
