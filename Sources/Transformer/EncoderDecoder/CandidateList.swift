/// The best continuations of several translations, in order: greatest score first, of equals the first beam and token.
struct CandidateList {
    /// A token that may follow a translation.
    struct Entry {
        /// The score of the translation with it.
        var score: Float
        /// The translation.
        var beam: Int
        /// The token.
        var token: Int
    }

    /// How many are kept.
    let capacity: Int
    /// The best so far.
    private(set) var entries: [Entry] = []

    /// An empty list of up to `capacity` continuations.
    init(capacity: Int) {
        self.capacity = capacity
        entries.reserveCapacity(capacity + 1)
    }

    /// Adds the continuations of translation `beam`, whose score is `score`. Beams come in their order.
    mutating func insert(_ row: TokenScores, beam: Int, score: Float) {
        let scores = row.scores
        var bound = bound(row, score)
        for token in scores.indices where scores[token] > bound {
            let sum = (scores[token] - row.normaliser) + score
            if entries.count == capacity {
                guard let last = entries.last, sum > last.score else { continue }
                entries.removeLast()
            }
            let place = entries.firstIndex { $0.score < sum } ?? entries.count
            entries.insert(Entry(score: sum, beam: beam, token: token), at: place)
            bound = self.bound(row, score)
        }
    }

    /// A score that a token must exceed to enter, a little less than exact: sums are rounded.
    private func bound(_ row: TokenScores, _ score: Float) -> Float {
        guard entries.count == capacity, let last = entries.last else { return -.infinity }
        let exact = (last.score - score) + row.normaliser
        return exact - 1e-5 * max(1, abs(exact), abs(last.score))
    }
}
