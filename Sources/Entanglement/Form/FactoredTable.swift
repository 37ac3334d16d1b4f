import LinearAlgebra

/// An embedding table kept as something smaller, from which every row can be rebuilt alone.
public protocol FactoredTable: Sendable {
    /// The number V of tokens.
    var tokenCount: Int { get }
    /// The length d of a token's vector.
    var dimension: Int { get }
    /// Everything that is needed to rebuild the table, part by part.
    var parts: [StoredPart] { get }
    /// Writes the vectors of `tokens`, one after the other, to `rows`, which has tokens × dimension numbers.
    /// No other token is needed for that.
    func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>)
}

/// One part of what a factored table stores, for honest accounting.
public struct StoredPart: Sendable, Equatable {
    /// Its name, as in the factored layout (`units.1`, `codes`).
    public let name: String
    /// How many numbers it holds; indices count one a piece.
    public let numbers: Int
    /// Whether the numbers are indices, which the papers' parameter counts leave out.
    public let isIndex: Bool
    /// The bytes it takes when stored.
    public let bytes: Int

    /// A part of the given size.
    public init(_ name: String, numbers: Int, isIndex: Bool = false, bytes: Int) {
        (self.name, self.numbers, self.isIndex, self.bytes) = (name, numbers, isIndex, bytes)
    }
}

extension FactoredTable {
    /// The numbers that are stored, without indices (the count of the MorphTE and word2ket papers, less their index).
    public var parameterCount: Int { parts.reduce(0) { $0 + ($1.isIndex ? 0 : $1.numbers) } }
    /// The numbers that are stored, an index counting as one.
    public var parameterCountWithIndex: Int { parts.reduce(0) { $0 + $1.numbers } }
    /// The bytes of everything that is needed to rebuild the table.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.bytes } }
    /// How many times smaller than `sourceBytes` (default: the dense table in float32) the stored bytes are.
    public func byteRatio(against sourceBytes: Int? = nil) -> Double {
        Double(sourceBytes ?? tokenCount * dimension * 4) / Double(max(byteCount, 1))
    }

    /// The vector of `token`; other tokens are not touched.
    public func vector(ofToken token: Int) -> [Float] {
        rows(token..<token + 1).elements
    }

    /// The vectors of `tokens` as a matrix `[tokens, dimension]`, made in parallel.
    public func rows(_ tokens: Range<Int>) -> Matrix {
        precondition(tokens.lowerBound >= 0 && tokens.upperBound <= tokenCount, "tokens \(tokens) of \(tokenCount)")
        var matrix = Matrix(rows: tokens.count, columns: dimension)
        matrix.fillRows(chunkRows: 128) { range, elements in
            write(tokens.lowerBound + range.lowerBound..<tokens.lowerBound + range.upperBound, to: &elements)
        }
        return matrix
    }

    /// The whole table.
    public var dense: Matrix { rows(0..<tokenCount) }

    /// Hands the table to `body` in order, in pieces of at most `pieceRows` rows, so that it never lies in memory whole.
    public func forEachPiece<Failure: Error>(
        ofRows pieceRows: Int = 4096,
        _ body: (Range<Int>, Matrix) throws(Failure) -> Void
    ) throws(Failure) {
        for first in stride(from: 0, to: tokenCount, by: max(pieceRows, 1)) {
            let range = first..<min(first + max(pieceRows, 1), tokenCount)
            try body(range, rows(range))
        }
    }
}
