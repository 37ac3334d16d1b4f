import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// Exponential functions of layers against the C library's in Double.
@Suite struct ActivationKernelTests {
    @Test(arguments: [1, 3, 15, 16, 17, 40, 257]) func softmax(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let values = (0..<count).map { _ in random.normal() * 20 }
        let scale: Float = 0.37
        let peak = values.map { Double($0 * scale) }.max() ?? 0
        let weights = values.map { exp(Double($0 * scale) - peak) }
        let total = weights.reduce(0, +)
        KernelPaths.forEach { path in
            var found = values
            see_softmax(&found, count, scale)
            for (value, weight) in zip(found, weights) {
                #expect(abs(Double(value) - weight / total) < 1e-6, "path \(path.rawValue)")
            }
        }
    }

    @Test func softmaxOfExtremes() {
        KernelPaths.forEach { _ in
            var hidden: [Float] = [0, -.infinity, 0, -.infinity]
            see_softmax(&hidden, 4, 1)
            #expect(abs(hidden[0] - 0.5) < 1e-6 && hidden[1] < 1e-30)
            var far = [Float](repeating: -1e30, count: 33)
            far[7] = 1e30
            see_softmax(&far, 33, 1)
            #expect(far[7] == 1 && far[8] < 1e-30)
            var bad = [Float](repeating: 1, count: 20)
            bad[3] = .nan
            see_softmax(&bad, 20, 1)
            #expect(bad.contains { $0.isNaN })
        }
    }

    @Test func siluProduct() {
        let gates: [Float] = (0..<400).map { Float($0 - 200) / 3 } + [-1000, -88, 88, 1000, 0]
        let ups = gates.indices.map { Float($0 % 7) - 3 }
        KernelPaths.forEach { path in
            var found = [Float](repeating: .nan, count: gates.count)
            see_silu_product(gates, ups, &found, gates.count)
            for place in gates.indices {
                let gate = Double(gates[place])
                let expected = gate / (1 + exp(-gate)) * Double(ups[place])
                #expect(abs(Double(found[place]) - expected) <= 4e-7 * max(1, abs(expected)), "path \(path.rawValue)")
            }
            var own = gates
            see_silu_product(own, ups, &own, own.count)
            #expect(own == found)
        }
    }
}
