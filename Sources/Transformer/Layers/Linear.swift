import LinearAlgebra

/// y = W x + b for a batch of vectors. W may be stacked from several matrices of equal width, whose outputs then follow
/// each other: a model that stores query, key and value weights apart and one that stores them fused run the same way.
public struct Linear: Sendable {
    /// The matrices, in the order of their outputs.
    public let parts: [WeightMatrix]
    /// Added to the outputs; nil for none.
    public let bias: [Float]?
    /// The length of an input.
    public let inputWidth: Int
    /// The length of an output: the rows of all parts.
    public let outputWidth: Int

    /// Products of fewer multiply-adds stay on the calling thread.
    private static let serialWork = 1 << 18

    /// The layer of the stacked `parts`, of which there is at least one.
    ///
    /// - Precondition: parts are equally wide, and `bias` has a number an output.
    public init(_ parts: [WeightMatrix], bias: [Float]? = nil) {
        precondition(!parts.isEmpty && parts.allSatisfy { $0.columns == parts[0].columns }, "parts of different widths")
        self.parts = parts
        self.bias = bias
        inputWidth = parts[0].columns
        outputWidth = parts.reduce(0) { $0 + $1.rows }
        precondition(bias.map { $0.count == outputWidth } ?? true, "a bias of another length")
    }

    /// The layer of one matrix.
    public init(_ matrix: WeightMatrix, bias: [Float]? = nil) {
        self.init([matrix], bias: bias)
    }

    /// Bytes that a product reads.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

    /// y = W x + b for x `[T, inputWidth]` and y `[T, outputWidth]`, which must not overlap.
    ///
    /// Each output is summed in the same order however many threads share the work.
    public func forward(_ x: MatrixView<Float>, into y: MutableMatrixView<Float>) {
        precondition(x.columns == inputWidth && y.columns == outputWidth && x.rows == y.rows, "shapes do not fit")
        guard x.rows > 0, outputWidth > 0 else { return }
        if inputWidth > 0, parts.contains(where: { $0.format.wholeNumberFormat != nil }) {
            QuantisedVectors.with(x) { multiply(x, $0, into: y) }
        } else {
            multiply(x, nil, into: y)
        }
    }

    private func multiply(_ x: MatrixView<Float>, _ quantised: QuantisedVectors?, into y: MutableMatrixView<Float>) {
        let isSmall = outputWidth * inputWidth * x.rows < Self.serialWork
        // One thread alone takes everything at once, so that a batch is packed once.
        let isWhole = isSmall || (Parallel.workers == 1 && parts.allSatisfy { $0.format == .float32 })
        let size = isWhole ? outputWidth : parts[0].rowsPerChunk(vectors: x.rows)
        Parallel.forEachChunk(of: outputWidth, size: size) { outputs in
            var first = 0
            for part in parts {
                let common = outputs.clamped(to: first..<first + part.rows)
                if !common.isEmpty {
                    part.multiply(
                        rows: common.lowerBound - first..<common.upperBound - first,
                        x,
                        quantised: quantised,
                        into: y.extracting(rows: 0..<y.rows, columns: common)
                    )
                }
                first += part.rows
            }
            if let bias {
                for row in 0..<y.rows {
                    let target = y.base + row * y.rowStride
                    for column in outputs { target[column] += bias[column] }
                }
            }
        }
    }
}
