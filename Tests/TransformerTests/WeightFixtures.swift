import LinearAlgebra
import TensorFile
import Transformer

/// Random weights in any format, with their exact values beside them.
struct WeightFixture {
    let matrix: WeightMatrix
    /// What the stored bytes mean, `[rows, columns]`.
    let values: Matrix

    /// Element types by format, for encoding.
    static let types: [WeightFormat: ElementType] = [
        .float32: .float32, .float16: .float16, .bfloat16: .bfloat16, .q4_0: .q4_0, .q4_1: .q4_1, .q5_0: .q5_0,
        .q5_1: .q5_1, .q8_0: .q8_0, .q2_K: .q2_K, .q3_K: .q3_K, .q4_K: .q4_K, .q5_K: .q5_K, .q6_K: .q6_K,
    ]

    /// Formats whose products round the vector to signed bytes.
    static let wholeNumberFormats: Set<WeightFormat> = [.q8_0, .q4_0, .q4_K]

    /// A matrix of normal numbers stored as `format`, `offset` bytes behind an aligned address.
    init(_ format: WeightFormat, rows: Int, columns: Int, seed: UInt64, offset: Int = 0) throws {
        var random = SplitMix64(seed: seed)
        let plain = (0..<rows * columns).map { _ in random.normal() }
        let type = Self.types[format] ?? .float32
        let bytes = try ValueCodec.bytes(of: plain, as: type)
        let memory = WeightMemory(byteCount: bytes.count + offset) { target in
            UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyBytes(from: bytes)
        }
        let part = WeightMemory(UnsafeRawBufferPointer(rebasing: memory.bytes[offset...]), ownedBy: memory)
        matrix = WeightMatrix(part, as: format, rows: rows, columns: columns)
        let decoded = try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: plain.count) }
        values = Matrix(rows: rows, columns: columns, elements: decoded)
    }
}

/// Normal numbers `[rows, columns]`.
func normalMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = SplitMix64(seed: seed)
    return Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() })
}

/// The plain statement of rounding a vector to blocks of 32 signed bytes: the oracle of the kernel. Gives the rounded
/// values, scale times code.
func roundedToBytes(_ x: ArraySlice<Float>) -> [Float] {
    stride(from: x.startIndex, to: x.endIndex, by: 32).flatMap { first in
        let block = x[first..<first + 32]
        let scale = (block.map(abs).max() ?? 0) / 127
        let inverse = scale == 0 ? 0 : 1 / scale
        return block.map { scale * ($0 * inverse).rounded(.toNearestOrEven) }
    }
}

/// The plain statement of a layer: y = W x, summed in Double, x rounded first where the format's products round it.
func plainProduct(_ weights: WeightFixture, _ x: Matrix, rounding: Bool = true) -> Matrix {
    let rounds = rounding && WeightFixture.wholeNumberFormats.contains(weights.matrix.format)
    var y = [Float](repeating: 0, count: x.rows * weights.values.rows)
    for vector in 0..<x.rows {
        let input = rounds ? roundedToBytes(x.row(vector)) : Array(x.row(vector))
        for row in 0..<weights.values.rows {
            let terms = zip(weights.values.row(row), input).map { Double($0) * Double($1) }
            y[vector * weights.values.rows + row] = Float(terms.reduce(0, +))
        }
    }
    return Matrix(rows: x.rows, columns: weights.values.rows, elements: y)
}

extension Linear {
    /// The layer's outputs for `x`.
    func outputs(_ x: Matrix) -> Matrix {
        var y = Matrix(rows: x.rows, columns: outputWidth, repeating: .nan)
        x.withView { input in y.withMutableView { forward(input, into: $0) } }
        return y
    }
}

/// The greatest difference between two matrices of one shape.
func greatestDifference(_ a: Matrix, _ b: Matrix) -> Float {
    zip(a.elements, b.elements).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
}
