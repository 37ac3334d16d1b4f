import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The kernels of encoders against plain sums in Double and the C library's functions.
@Suite struct EncoderKernelTests {
    @Test(arguments: [1, 3, 15, 16, 17, 48, 129], [true, false]) func layerNorm(count: Int, hasResidual: Bool) {
        var random = SplitMix64(seed: UInt64(count))
        func numbers() -> [Float] { (0..<count).map { _ in random.normal() } }
        let (x, residual, weight, bias) = (numbers(), numbers(), numbers(), numbers())
        let z = zip(x, residual).map { Double($0) + (hasResidual ? Double($1) : 0) }
        let mean = z.reduce(0, +) / Double(count)
        let variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        KernelPaths.forEach { path in
            var y = x
            see_layer_norm(y, hasResidual ? residual : nil, weight, bias, 1e-5, &y, count)
            for place in 0..<count {
                let expected =
                    (z[place] - mean) / (variance + 1e-5).squareRoot() * Double(weight[place]) + Double(bias[place])
                #expect(abs(Double(y[place]) - expected) < 2e-5, "path \(path.rawValue)")
            }
        }
    }

    @Test func activations() {
        let values: [Float] =
            (-1300...1300).map { Float($0) / 100 } + [0, -0.0, 1e-30, -1e-30, 40, -40, 1e4, -1e4, 3e38, -3e38]
        KernelPaths.forEach { path in
            for (kind, function) in ActivationFormulas.all {
                for count in [values.count, 7] {
                    var found = Array(values.prefix(count))
                    see_activate(kind, &found, count)
                    for (x, y) in zip(values, found) {
                        let expected = function(Double(x))
                        // 1 + erf cancels for negative x, as it does in every float implementation.
                        let bound = 3e-7 * max(1, abs(Double(x)))
                        #expect(abs(Double(y) - expected) <= bound, "\(kind.rawValue) of \(x), path \(path.rawValue)")
                    }
                }
                var bad: [Float] = [.nan, 1]
                see_activate(kind, &bad, 2)
                #expect(bad[0].isNaN && !bad[1].isNaN)
            }
        }
    }

    @Test(arguments: [1, 5, 16, 33, 1000]) func logSumExp(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let values = (0..<count).map { _ in random.normal() * 30 }
        let peak = Double(values.max() ?? 0)
        let expected = peak + log(values.reduce(0) { $0 + exp(Double($1) - peak) })
        KernelPaths.forEach { _ in
            #expect(abs(Double(see_log_sum_exp(values, count)) - expected) < 1e-5 * max(1, abs(expected)))
            #expect(see_log_sum_exp([Float](repeating: -.infinity, count: count), count) == -.infinity)
            var bad = values
            bad[count / 2] = .nan
            #expect(see_log_sum_exp(bad, count).isNaN || count == 1)
        }
    }

    @Test(arguments: [(1, 1, 8), (7, 3, 5), (20, 4, 64), (3, 2, 17)])
    func gatheredAttention(count: Int, heads: Int, width: Int) {
        let size = heads * width
        let query = normalMatrix(1, size, seed: 1).elements
        let stored = normalMatrix(count, 2 * size, seed: 2)
        KernelPaths.forEach { path in
            var out = [Float](repeating: .nan, count: size)
            var scores = [Float](repeating: 0, count: heads * count)
            stored.elements.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                // Rows in another order than they lie.
                let keys = (0..<count).map { base + (count - 1 - $0) * 2 * size }
                see_gathered_attention(query, keys, count, size, heads, width, 0.3, &scores, &out)
                for head in 0..<heads {
                    let products = keys.map { key in
                        (0..<width).reduce(0.0) {
                            $0 + Double(query[head * width + $1]) * Double(key[head * width + $1])
                        }
                    }
                    let weights = products.map { exp($0 * 0.3) }
                    let total = weights.reduce(0, +)
                    for column in 0..<width {
                        let expected = zip(weights, keys).reduce(0.0) {
                            $0 + $1.0 / total * Double($1.1[size + head * width + column])
                        }
                        #expect(abs(Double(out[head * width + column]) - expected) < 1e-5, "path \(path.rawValue)")
                    }
                }
            }
        }
    }
}
