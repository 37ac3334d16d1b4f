import Checkpoints
import LinearAlgebra

/// Errors and cosines of a candidate's rows against the reference's, gathered piece by piece.
struct ErrorMeasure {
    private let weights: [Float]?
    private var squaredError = 0.0
    private var squaredNorm = 0.0
    private var weightedError = 0.0
    private var weightedNorm = 0.0
    private(set) var maximumError = 0.0
    private var cosines: [(token: Int, cosine: Double)] = []
    private let tokenCount: Int
    /// Squared error and squared norm of runs of tokens.
    private var runs = [(error: Double, norm: Double)](repeating: (0, 0), count: 64)

    /// `weights`: one per token, or nil where all count the same.
    init(tokenCount: Int, weights: [Float]?) {
        self.tokenCount = tokenCount
        self.weights = weights
    }

    /// Takes in the rows `range` of both tables.
    mutating func add(_ range: Range<Int>, reference: Matrix, candidate: Matrix) {
        let rows = Parallel.mapChunks(of: range.count, size: 256) { chunk in
            chunk.map { RowError(reference.row($0), candidate.row($0)) }
        }
        for (token, row) in zip(range, rows.joined()) {
            let weight = Double(weights?[token] ?? 1)
            squaredError += row.error
            squaredNorm += row.referenceNorm
            weightedError += weight * row.error
            weightedNorm += weight * row.referenceNorm
            maximumError = max(maximumError, row.maximum)
            runs[token * runs.count / tokenCount].error += row.error
            runs[token * runs.count / tokenCount].norm += row.referenceNorm
            if row.referenceNorm > 0 { cosines.append((token, row.cosine)) }
        }
    }

    var relativeError: Double {
        squaredNorm > 0 ? (squaredError / squaredNorm).squareRoot() : squaredError.squareRoot()
    }

    var weightedRelativeError: Double {
        weightedNorm > 0 ? (weightedError / weightedNorm).squareRoot() : weightedError.squareRoot()
    }

    var meanCosine: Double { cosines.isEmpty ? 1 : cosines.reduce(0) { $0 + $1.cosine } / Double(cosines.count) }

    /// The cosine that all but one in a hundred tokens exceed.
    var firstPercentile: Double {
        let sorted = cosines.map(\.cosine).sorted()
        return sorted.isEmpty ? 1 : sorted[sorted.count / 100]
    }

    /// Tokens by cosine in fifty equal steps from 0 to 1.
    var cosineHistogram: [Int] {
        var bins = [Int](repeating: 0, count: 50)
        for entry in cosines { bins[min(49, max(0, Int(entry.cosine * 50)))] += 1 }
        return bins
    }

    /// The relative error of each run of tokens.
    var errorByToken: [Double] { runs.map { $0.norm > 0 ? ($0.error / $0.norm).squareRoot() : 0 } }

    func worst(_ count: Int) -> [(token: Int, cosine: Double)] {
        Array(cosines.sorted { ($0.cosine, $0.token) < ($1.cosine, $1.token) }.prefix(count))
    }
}

/// The difference of two rows.
private struct RowError: Sendable {
    var error = 0.0
    var referenceNorm = 0.0
    var maximum = 0.0
    var cosine = 0.0

    init(_ reference: ArraySlice<Float>, _ candidate: ArraySlice<Float>) {
        var product = 0.0
        var candidateNorm = 0.0
        for (x, y) in zip(reference, candidate) {
            let (x, y) = (Double(x), Double(y))
            error += (x - y) * (x - y)
            referenceNorm += x * x
            candidateNorm += y * y
            product += x * y
            maximum = max(maximum, abs(x - y))
        }
        let norms = (referenceNorm * candidateNorm).squareRoot()
        cosine = norms > 0 ? product / norms : 0
    }
}
