import Foundation
import LinearAlgebra

/// A vector for each place in a text.
public struct PositionTable: Sendable {
    /// The vectors, `[context, width]`.
    public let vectors: Matrix

    /// A table that was learned.
    public init(_ vectors: Matrix) {
        self.vectors = vectors
    }

    /// Sines in the first half of a vector and cosines in the second, as Marian orders them: number j of a half at place
    /// p is sin or cos of p / 10000^(2j / width) (Vaswani et al. 2017). Of an odd width the sines are one more.
    public static func sinusoidal(context: Int, width: Int) -> PositionTable {
        let sines = width - width / 2
        var elements = [Float](repeating: 0, count: context * width)
        for place in 0..<context {
            for column in 0..<width {
                // Column j of the interleaved form, sines at even and cosines at odd numbers.
                let interleaved = column < sines ? 2 * column : 2 * (column - sines) + 1
                let angle = Double(place) / pow(10_000, 2 * Double(interleaved / 2) / Double(width))
                elements[place * width + column] = Float(column < sines ? sin(angle) : cos(angle))
            }
        }
        return PositionTable(Matrix(rows: context, columns: width, elements: elements))
    }

    /// Places that have a vector.
    public var context: Int { vectors.rows }
}
