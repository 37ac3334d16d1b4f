import Foundation
import LinearAlgebra
import Testing
import Transformer

/// Norms, positions and attention against their formulas in Double.
@Suite struct LayerTests {
    @Test func norms() {
        let x = normalMatrix(40, 33, seed: 1)
        let weight = normalMatrix(1, 33, seed: 2).elements
        let bias = normalMatrix(1, 33, seed: 3).elements
        var (rms, layer) = (Matrix(rows: 40, columns: 33), Matrix(rows: 40, columns: 33))
        x.withView { view in
            rms.withMutableView { RMSNorm(weight: weight, epsilon: 1e-5).forward(view, into: $0) }
            layer.withMutableView { LayerNorm(weight: weight, bias: bias, epsilon: 1e-5).forward(view, into: $0) }
        }
        for row in 0..<40 {
            let values = x.row(row).map { Double($0) }
            let meanSquare = values.reduce(0) { $0 + $1 * $1 } / 33
            let mean = values.reduce(0, +) / 33
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 33
            for column in 0..<33 {
                let w = Double(weight[column])
                #expect(abs(Double(rms[row, column]) - values[column] / sqrt(meanSquare + 1e-5) * w) < 1e-5)
                let normed = (values[column] - mean) / sqrt(variance + 1e-5) * w + Double(bias[column])
                #expect(abs(Double(layer[row, column]) - normed) < 1e-5)
            }
        }
    }

    /// x turned by the embedding at positions from `first` on.
    private func turned(_ x: Matrix, _ rotary: RotaryEmbedding, heads: Int, from first: Int, isLong: Bool = false)
        -> Matrix
    {
        var x = x
        let width = x.columns / heads
        let angles = rotary.angles(first..<first + x.rows, isLong: isLong)
        x.withMutableView { rotary.forward($0, heads: heads, headWidth: width, angles) }
        return x
    }

    @Test(arguments: [RotaryEmbedding.Pairing.halves, .neighbours]) func rotationTurnsPairs(
        pairing: RotaryEmbedding.Pairing
    ) {
        let x = normalMatrix(20, 3 * 16, seed: 5)
        let rotary = RotaryEmbedding(width: 12, base: 100, pairing: pairing)
        let found = turned(x, rotary, heads: 3, from: 7)
        for row in 0..<20 {
            for head in 0..<3 {
                for pair in 0..<6 {
                    let angle = Double(row + 7) * pow(100, -2 * Double(pair) / 12)
                    let (i, j) = pairing == .halves ? (pair, pair + 6) : (2 * pair, 2 * pair + 1)
                    let (a, b) = (Double(x[row, 16 * head + i]), Double(x[row, 16 * head + j]))
                    #expect(abs(Double(found[row, 16 * head + i]) - (a * cos(angle) - b * sin(angle))) < 1e-5)
                    #expect(abs(Double(found[row, 16 * head + j]) - (b * cos(angle) + a * sin(angle))) < 1e-5)
                }
                // Numbers behind the turned ones stay.
                for column in 12..<16 { #expect(found[row, 16 * head + column] == x[row, 16 * head + column]) }
            }
        }
    }

    @Test func scalingsChangeFrequencies() {
        let x = normalMatrix(3, 8, seed: 6)
        func rotary(_ scaling: RotaryEmbedding.Scaling, factor: Float = 1) -> RotaryEmbedding {
            RotaryEmbedding(width: 8, base: 10, pairing: .halves, scaling: scaling, attentionFactor: factor)
        }
        // A factor of 4 makes position 4p what p was.
        let plain = turned(x.rows(1..<2), rotary(.none), heads: 1, from: 5)
        let linear = turned(x.rows(1..<2), rotary(.linear(factor: 4)), heads: 1, from: 20)
        #expect(greatestDifference(plain, linear) < 1e-5)
        #expect(
            turned(x, rotary(.divisors([4, 4, 4, 4])), heads: 1, from: 9)
                == turned(x, rotary(.linear(factor: 4)), heads: 1, from: 9)
        )
        let long = rotary(
            .longRoPE(short: [1, 1, 1, 1], long: [4, 4, 4, 4], originalContext: 16),
            factor: 1.5
        )
        #expect(!long.isLong(length: 16) && long.isLong(length: 17) && !rotary(.none).isLong(length: 1 << 20))
        let short = turned(x, long, heads: 1, from: 3)
        let expected = turned(x, rotary(.none), heads: 1, from: 3).elements.map { $0 * 1.5 }
        #expect(greatestDifference(short, Matrix(rows: 3, columns: 8, elements: expected)) < 1e-5)
        let beyond = turned(x, long, heads: 1, from: 3, isLong: true)
        let stretched = turned(x, rotary(.linear(factor: 4)), heads: 1, from: 3).elements.map { $0 * 1.5 }
        #expect(greatestDifference(beyond, Matrix(rows: 3, columns: 8, elements: stretched)) < 1e-5)
    }

    /// What causal attention must give for `x` = queries, keys, values, each token at its own row.
    private func plainAttention(_ x: Matrix, _ shape: AttentionShape, window: Int?, rotary: RotaryEmbedding) -> Matrix {
        let width = shape.headWidth
        let all = turned(
            Matrix(
                rows: x.rows,
                columns: shape.queryWidth + shape.keyWidth,
                elements: (0..<x.rows).flatMap { x.row($0).prefix(shape.queryWidth + shape.keyWidth) }
            ),
            rotary,
            heads: shape.heads + shape.keyValueHeads,
            from: 0
        )
        var out = Matrix(rows: x.rows, columns: shape.queryWidth)
        for token in 0..<x.rows {
            for head in 0..<shape.heads {
                let keyColumn = shape.queryWidth + head / shape.groupSize * width
                let valueColumn = shape.queryWidth + shape.keyWidth + head / shape.groupSize * width
                let seen = max(0, token + 1 - (window ?? x.rows))...token
                let scores = seen.map { other in
                    (0..<width).reduce(0.0) { sum, i in
                        sum + Double(all[token, head * width + i]) * Double(all[other, keyColumn + i])
                    } / sqrt(Double(width))
                }
                let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
                let total = weights.reduce(0, +)
                for i in 0..<width {
                    let sum = zip(seen, weights).reduce(0.0) { $0 + Double(x[$1.0, valueColumn + i]) * $1.1 }
                    out[token, head * width + i] = Float(sum / total)
                }
            }
        }
        return out
    }

    @Test(arguments: [(4, 4, nil), (6, 2, nil), (4, 2, 5), (3, 1, 70)] as [(Int, Int, Int?)])
    func causalAttention(heads: Int, keyValueHeads: Int, window: Int?) throws {
        let shape = AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headWidth: 8)
        let rotary = RotaryEmbedding(width: 8, base: 50, pairing: .halves)
        let x = normalMatrix(150, shape.queryWidth + 2 * shape.keyWidth, seed: 7)
        let expected = plainAttention(x, shape, window: window, rotary: rotary)
        // All at once, in uneven batches, and token by token.
        for sizes in [[150], [1, 70, 79], Array(repeating: 1, count: 150)] {
            let sequence = try AttentionSequence(shape, window: window, rotary: rotary, capacity: 150)
            var first = 0
            for size in sizes {
                let found = sequence.append(x.rows(first..<first + size))
                #expect(greatestDifference(found, expected.rows(first..<first + size)) < 1e-5)
                first += size
            }
        }
    }

    /// Attention of one layer, with its cache.
    private final class AttentionSequence {
        private let attention: CausalAttention
        private let rotary: RotaryEmbedding
        private let cache: KeyValueCache

        init(_ shape: AttentionShape, window: Int?, rotary: RotaryEmbedding, capacity: Int) throws {
            attention = CausalAttention(shape, window: window)
            self.rotary = rotary
            cache = try KeyValueCache(
                layers: 1,
                heads: shape.keyValueHeads,
                headWidth: shape.headWidth,
                capacity: capacity
            )
        }

        func append(_ x: Matrix) -> Matrix {
            var projected = x
            var out = Matrix(rows: x.rows, columns: attention.shape.queryWidth)
            let angles = rotary.angles(cache.count..<cache.count + x.rows, isLong: false)
            projected.withMutableView { input in
                out.withMutableView {
                    attention.forward(input, cache: cache, layer: 0, rotary: rotary, angles: angles, into: $0)
                }
            }
            cache.advance(by: x.rows)
            return out
        }
    }
}
