import LinearAlgebra

/// A vector for each token: the first step of a model. Dense, or anything that can give single rows.
public protocol EmbeddingTable: Sendable {
    /// The number of tokens.
    var tokenCount: Int { get }
    /// The length of a vector.
    var width: Int { get }
    /// Bytes that the table takes.
    var byteCount: Int { get }

    /// Writes the vectors of `tokens`, each in `0..<tokenCount`, to `rows` `[tokens.count, width]`.
    func write(_ tokens: ArraySlice<Int>, to rows: MutableMatrixView<Float>)
}

/// A score for each token: the last step of a model. Dense, or anything that can multiply by the table.
public protocol OutputHead: Sendable {
    /// The number of tokens.
    var tokenCount: Int { get }
    /// The length of a hidden vector.
    var width: Int { get }
    /// Bytes that the head reads for one vector.
    var byteCount: Int { get }

    /// Writes the scores of `hidden` `[T, width]` to `logits` `[T, tokenCount]`.
    func write(logitsOf hidden: MatrixView<Float>, to logits: MutableMatrixView<Float>)
}

/// A table that gives vectors and scores: embedding, head or, where the two are tied, both.
public typealias TokenTable = EmbeddingTable & OutputHead

/// A table as a matrix, in any format of weights: embedding, head or, where the two are tied, both.
public struct DenseTable: EmbeddingTable, OutputHead {
    /// The matrix `[tokenCount, width]`.
    public let weights: WeightMatrix

    /// The table of `weights`.
    public init(_ weights: WeightMatrix) {
        self.weights = weights
    }

    /// The number of tokens.
    public var tokenCount: Int { weights.rows }
    /// The length of a vector.
    public var width: Int { weights.columns }
    /// Bytes of the matrix.
    public var byteCount: Int { weights.byteCount }

    /// Writes the vectors of `tokens` to `rows`.
    public func write(_ tokens: ArraySlice<Int>, to rows: MutableMatrixView<Float>) {
        precondition(rows.rows == tokens.count && rows.columns == width, "shapes do not fit")
        for (row, token) in tokens.enumerated() {
            precondition(token >= 0 && token < tokenCount, "no such token")
            weights.decode(rows: token..<token + 1, into: rows.base + row * rows.rowStride)
        }
    }

    /// Writes the scores of `hidden` to `logits`.
    public func write(logitsOf hidden: MatrixView<Float>, to logits: MutableMatrixView<Float>) {
        Linear(weights).forward(hidden, into: logits)
    }
}
