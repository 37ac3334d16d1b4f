import Checkpoints
import LinearAlgebra

/// Whether tokens keep their nearest neighbours: the ten most similar other tokens by cosine, for a sample of tokens.
struct NeighbourMeasure {
    /// Neighbours a token.
    static let neighbours = 10
    /// Tokens asked about, evenly spread over the vocabulary; all of a small one.
    static let sampleSize = 1000

    /// The share of neighbours in `reference` that are neighbours in `candidate`; 1 for tables of a single row.
    static func share(reference: any TableReader, candidate: any TableReader) throws -> Double {
        let count = reference.rowCount
        let kept = min(neighbours, count - 1)
        guard kept > 0 else { return 1 }
        let size = min(sampleSize, count)
        let sample = (0..<size).map { $0 * count / size }
        let before = try nearest(to: sample, in: reference, count: kept)
        let after = try nearest(to: sample, in: candidate, count: kept)
        let common = zip(before, after).reduce(0) { $0 + Set($1.0).intersection($1.1).count }
        return Double(common) / Double(size * kept)
    }

    /// For each token of `sample`, its `count` nearest others in `table`, read once in pieces.
    private static func nearest(to sample: [Int], in table: any TableReader, count: Int) throws -> [[Int]] {
        var queries = Matrix(rows: sample.count, columns: table.columnCount)
        for (index, token) in sample.enumerated() {
            let row = try table.rows(token..<token + 1)
            queries.withMutableRow(index) { target in
                for column in 0..<table.columnCount { target[column] = row[0, column] }
            }
        }
        normalise(&queries)
        var best = sample.map { NearestList(of: $0, count: count) }
        try table.forEachPiece { range, piece in
            var rows = piece
            normalise(&rows)
            let similarities = Matrix.product(queries, rows, transposingSecond: true)
            let lists = best
            best = Parallel.mapChunks(of: sample.count, size: 32) { chunk in
                chunk.map { index in
                    var list = lists[index]
                    let row = similarities.row(index)
                    for (token, similarity) in zip(range, row) { list.offer(token, similarity) }
                    return list
                }
            }.flatMap { $0 }
        }
        return best.map(\.tokens)
    }

    private static func normalise(_ matrix: inout Matrix) {
        for row in 0..<matrix.rows {
            matrix.withMutableRow(row) { values in
                var norm: Float = 0
                for index in 0..<values.count { norm += values[index] * values[index] }
                let scale = norm > 0 ? 1 / norm.squareRoot() : 0
                for index in 0..<values.count { values[index] *= scale }
            }
        }
    }
}

/// The most similar tokens seen so far, best first; of equals the lower id.
private struct NearestList: Sendable {
    let token: Int
    let count: Int
    private var entries: [(token: Int, similarity: Float)] = []

    init(of token: Int, count: Int) {
        self.token = token
        self.count = count
    }

    var tokens: [Int] { entries.map(\.token) }

    mutating func offer(_ other: Int, _ similarity: Float) {
        guard other != token else { return }
        if entries.count == count, let last = entries.last, similarity <= last.similarity { return }
        let place = entries.firstIndex { similarity > $0.similarity } ?? entries.count
        entries.insert((other, similarity), at: place)
        if entries.count > count { entries.removeLast() }
    }
}
