import Foundation
import LinearAlgebra

/// How far two encoders' vectors of the same sentences agree: each sentence's own vectors, the likeness of all pairs of
/// sentences, and who is found nearest to whom.
public struct EncoderAgreement: Sendable, Hashable {
    /// Sentences that were compared.
    public let sentences: Int
    /// The mean cosine of a sentence's two vectors; nil where they are of different widths.
    public private(set) var meanCosine: Double?
    /// The cosine that 1 % of the sentences fall below.
    public private(set) var lowCosine: Double?
    /// The least cosine.
    public private(set) var leastCosine: Double?
    /// Pearson's correlation of the cosines of all pairs of sentences under one model with those under the other; nil
    /// where either model gives all pairs the same.
    public let correlation: Double?
    /// The share of sentences whose nearest sentence is the same.
    public let nearestAgreement: Double
    /// The mean share of the ten nearest sentences (or of as many as there are) that are the same.
    public let neighboursKept: Double

    /// How many nearest sentences are compared.
    private static let neighbours = 10

    /// Compares `vectors` with those of a `teacher`, both `[sentences, …]`, of at least two sentences.
    public init(_ vectors: Matrix, teacher: Matrix) {
        precondition(vectors.rows == teacher.rows && vectors.rows >= 2, "two sentences at least")
        let count = vectors.rows
        sentences = count
        let (own, other) = (Self.normalised(vectors), Self.normalised(teacher))
        if own.columns == other.columns {
            let cosines = (0..<count).map { row in
                own.withRow(row) { a in other.withRow(row) { b in preciseDot(a, b) } }
            }
            let sorted = cosines.sorted()
            meanCosine = cosines.reduce(0, +) / Double(count)
            lowCosine = sorted[(count - 1) / 100]
            leastCosine = sorted[0]
        }
        var moments = PairMoments()
        var (same, kept) = (0, 0.0)
        // Some rows of both tables of cosines at a time.
        let chunk = max(1, (1 << 20) / count)
        for first in stride(from: 0, to: count, by: chunk) {
            let rows = first..<min(first + chunk, count)
            let a = Matrix.product(own.rows(rows), own, transposingSecond: true)
            let b = Matrix.product(other.rows(rows), other, transposingSecond: true)
            let parts = Parallel.mapChunks(of: rows.count, size: 8) { range in
                var part = (moments: PairMoments(), same: 0, kept: 0.0)
                for row in range {
                    let sentence = rows.lowerBound + row
                    let (x, y) = (Array(a.row(row)), Array(b.row(row)))
                    for column in sentence + 1..<max(sentence + 1, count) {
                        part.moments.add(Double(x[column]), Double(y[column]))
                    }
                    let (nearest, wanted) = (Self.nearest(x, sentence), Self.nearest(y, sentence))
                    part.same += nearest[0] == wanted[0] ? 1 : 0
                    part.kept += Double(Set(nearest).intersection(wanted).count) / Double(wanted.count)
                }
                return part
            }
            for part in parts {
                moments.add(part.moments)
                same += part.same
                kept += part.kept
            }
        }
        correlation = moments.correlation
        nearestAgreement = Double(same) / Double(count)
        neighboursKept = kept / Double(count)
    }

    private static func normalised(_ vectors: Matrix) -> Matrix {
        var elements = vectors.elements
        for row in 0..<vectors.rows {
            let range = vectors.indices(ofRow: row)
            let length = vectors.withRow(row) { sumOfSquares($0).squareRoot() }
            let factor = Float(1 / max(length, 1e-12))
            for index in range { elements[index] *= factor }
        }
        return Matrix(rows: vectors.rows, columns: vectors.columns, elements: elements)
    }

    /// The sentences nearest to `sentence`, best first, of equals the first.
    private static func nearest(_ cosines: [Float], _ sentence: Int) -> [Int] {
        var best: [Int] = []
        for index in cosines.indices where index != sentence {
            if best.count == neighbours {
                guard cosines[index] > cosines[best[neighbours - 1]] else { continue }
                best.removeLast()
            }
            best.insert(index, at: best.firstIndex { cosines[$0] < cosines[index] } ?? best.count)
        }
        return best
    }
}

/// Sums over pairs of numbers, for their correlation.
private struct PairMoments {
    private var count = 0.0
    private var (x, y, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)

    mutating func add(_ a: Double, _ b: Double) {
        count += 1
        x += a
        y += b
        xx += a * a
        yy += b * b
        xy += a * b
    }

    mutating func add(_ other: PairMoments) {
        count += other.count
        x += other.x
        y += other.y
        xx += other.xx
        yy += other.yy
        xy += other.xy
    }

    /// Pearson's; nil where one side does not vary.
    var correlation: Double? {
        guard count > 1 else { return nil }
        let (varianceX, varianceY) = (xx - x * x / count, yy - y * y / count)
        guard varianceX > 1e-12 * xx, varianceY > 1e-12 * yy else { return nil }
        return (xy - x * y / count) / (varianceX * varianceY).squareRoot()
    }
}
