import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The kernels of training against their formulas in Double, and derivatives against differences of those.
@Suite struct TrainingKernelTests {
    private static let counts = [1, 3, 15, 16, 17, 48, 129]

    private func numbers(_ count: Int, seed: UInt64) -> [Float] { normalMatrix(1, count, seed: seed).elements }

    /// The derivative of `function` by number `place` of `x`.
    private func slope(_ x: [Float], _ place: Int, _ function: ([Double]) -> Double) -> Double {
        let step = 1e-5
        func value(_ change: Double) -> Double {
            var moved = x.map { Double($0) }
            moved[place] += change
            return function(moved)
        }
        return (value(step) - value(-step)) / (2 * step)
    }

    @Test(arguments: counts, [true, false]) func norms(count: Int, isCentred: Bool) {
        let (x, residual) = (numbers(count, seed: 1), numbers(count, seed: 2))
        let (weight, bias, dy) = (numbers(count, seed: 3), numbers(count, seed: 4), numbers(count, seed: 5))
        func forward(_ z: [Double]) -> [Double] {
            let mean = isCentred ? z.reduce(0, +) / Double(count) : 0
            let variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
            return z.map { ($0 - mean) / (variance + 1e-2).squareRoot() }
        }
        let z = zip(x, residual).map { $0 + $1 }
        func result(_ n: [Double]) -> [Double] {
            n.indices.map { n[$0] * Double(weight[$0]) + (isCentred ? Double(bias[$0]) : 0) }
        }
        KernelPaths.forEach { path in
            var (normalised, y, dz) = (x, [Float](repeating: 0, count: count), dy)
            let factor = see_norm_forward(
                normalised,
                residual,
                weight,
                isCentred ? bias : nil,
                isCentred ? 1 : 0,
                1e-2,
                &normalised,
                &y,
                count
            )
            let expected = forward(z.map { Double($0) })
            var (weightGradient, biasGradient) = (
                [Float](repeating: 1, count: count), [Float](repeating: 2, count: count)
            )
            see_norm_backward(
                dz,
                normalised,
                weight,
                factor,
                isCentred ? 1 : 0,
                &dz,
                &weightGradient,
                &biasGradient,
                count
            )
            for place in 0..<count {
                #expect(abs(Double(normalised[place]) - expected[place]) < 2e-5, "path \(path.rawValue)")
                #expect(abs(Double(y[place]) - result(expected)[place]) < 2e-5)
                let wanted = slope(z, place) { z in zip(dy, result(forward(z))).reduce(0) { $0 + Double($1.0) * $1.1 } }
                #expect(abs(Double(dz[place]) - wanted) < 1e-4 * max(1, abs(wanted)), "path \(path.rawValue)")
                #expect(abs(Double(weightGradient[place]) - 1 - Double(dy[place]) * expected[place]) < 2e-5)
                #expect(abs(biasGradient[place] - 2 - dy[place]) < 1e-5)
            }
        }
    }

    @Test func activations() {
        let x: [Float] = (-120...121).map { Float($0) / 13 }
        KernelPaths.forEach { path in
            for (kind, function) in ActivationFormulas.all {
                for count in [x.count, 7] {
                    var gradient = [Float](repeating: 2, count: count)
                    see_activate_backward(kind, x, &gradient, count)
                    for place in 0..<count where kind != SEE_RELU || x[place] != 0 {
                        let wanted = 2 * slope([x[place]], 0) { function($0[0]) }
                        #expect(
                            abs(Double(gradient[place]) - wanted) < 5e-6,
                            "\(kind.rawValue), path \(path.rawValue)"
                        )
                    }
                }
            }
        }
    }

    @Test(arguments: counts) func gatedProducts(count: Int) {
        let (gate, up, dy) = (numbers(count, seed: 1), numbers(count, seed: 2), numbers(count, seed: 3))
        KernelPaths.forEach { path in
            var (gateGradient, upGradient) = (gate, up)
            see_silu_product_backward(gateGradient, upGradient, dy, &gateGradient, &upGradient, count)
            for place in 0..<count {
                func product(_ g: Double, _ u: Double) -> Double { g / (1 + exp(-g)) * u * Double(dy[place]) }
                let byGate = slope([gate[place]], 0) { product($0[0], Double(up[place])) }
                let byUp = slope([up[place]], 0) { product(Double(gate[place]), $0[0]) }
                #expect(abs(Double(gateGradient[place]) - byGate) < 1e-5, "path \(path.rawValue)")
                #expect(abs(Double(upGradient[place]) - byUp) < 1e-5, "path \(path.rawValue)")
            }
        }
    }

    @Test(arguments: counts) func softmax(count: Int) {
        let (x, dy) = (numbers(count, seed: 1), numbers(count, seed: 2))
        func shares(_ x: [Double]) -> [Double] {
            let powers = x.map { exp(0.7 * $0) }
            return powers.map { $0 / powers.reduce(0, +) }
        }
        let p = shares(x.map { Double($0) }).map { Float($0) }
        KernelPaths.forEach { path in
            var gradient = dy
            see_softmax_backward(p, &gradient, 0.7, count)
            for place in 0..<count {
                let wanted = slope(x, place) { x in zip(dy, shares(x)).reduce(0) { $0 + Double($1.0) * $1.1 } }
                #expect(abs(Double(gradient[place]) - wanted) < 1e-5, "path \(path.rawValue)")
            }
        }
    }

    /// −(1−ε) log p[label] − ε/V Σ log p, and τ² KL.
    private func losses(_ s: [Double], _ t: [Float], _ label: Int, _ weights: see_score_weights) -> (Double, Double) {
        func logShares(_ x: [Double], _ temperature: Double) -> [Double] {
            let peak = x.max() ?? 0
            let sum = x.reduce(0) { $0 + exp(($1 - peak) / temperature) }
            return x.map { ($0 - peak) / temperature - log(sum) }
        }
        let (p, smoothing, temperature) = (logShares(s, 1), Double(weights.smoothing), Double(weights.temperature))
        let hard = -(1 - smoothing) * p[label] - smoothing / Double(s.count) * p.reduce(0, +)
        let (q, wanted) = (logShares(s, temperature), logShares(t.map { Double($0) }, temperature))
        let soft = zip(wanted, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        return (hard, temperature * temperature * soft)
    }

    @Test(arguments: [2, 5, 16, 33, 80], [1, 2.5] as [Float]) func scores(count: Int, temperature: Float) {
        let s = numbers(count, seed: 1).map { 3 * $0 }
        let t = numbers(count, seed: 2).map { 3 * $0 }
        let weights = see_score_weights(hard: 0.7, smoothing: 0.1, soft: 1.3, temperature: temperature)
        let label = count / 2
        for (isHard, isSoft) in [(true, true), (true, false), (false, true), (false, false)] {
            func total(_ s: [Double]) -> Double {
                let (hard, soft) = losses(s, t, label, weights)
                return (isHard ? 0.7 * hard : 0) + (isSoft ? 1.3 * soft : 0)
            }
            let (hard, soft) = losses(s.map { Double($0) }, t, label, weights)
            KernelPaths.forEach { path in
                var gradient = s
                let found = see_score_gradient(&gradient, isSoft ? t : nil, isHard ? label : -1, weights, count)
                #expect(abs(Double(found.hard) - (isHard ? hard : 0)) < 1e-5 * max(1, hard), "path \(path.rawValue)")
                #expect(abs(Double(found.soft) - (isSoft ? soft : 0)) < 2e-5 * max(1, soft), "path \(path.rawValue)")
                for place in 0..<count {
                    let wanted = slope(s, place, total)
                    #expect(abs(Double(gradient[place]) - wanted) < 1e-5, "path \(path.rawValue)")
                }
            }
        }
    }

    @Test func dropoutDrawsTheSameOnEveryPath() {
        let count = 10_007
        var results: [[Float]] = []
        KernelPaths.forEach { _ in
            var x = [Float](repeating: 1, count: count)
            let draw = see_dropout_draw(
                key: 0x1234_5678_9abc,
                first: 77,
                threshold: UInt32(0.25 * 0x1p32),
                scale: 4 / 3
            )
            see_add_bias(&x, nil, draw, count)
            results.append(x)
            // A number's draw does not depend on where a run begins.
            var rest = [Float](repeating: 1, count: 100)
            var later = draw
            later.first += 500
            see_add_bias(&rest, nil, later, 100)
            #expect(rest == Array(x[500..<600]))
        }
        #expect(results.allSatisfy { $0 == results[0] })
        #expect(Set(results[0]) == [0, Float(4) / 3])
        let dropped = Double(results[0].count { $0 == 0 }) / Double(count)
        #expect(abs(dropped - 0.25) < 0.02)
        // Neighbours are independent: pairs of zeros come as often as chance has them.
        let pairs = zip(results[0], results[0].dropFirst()).count { $0 == 0 && $1 == 0 }
        #expect(abs(Double(pairs) / Double(count) - 0.0625) < 0.015)
    }

    @Test func biasesAndDifferences() {
        for count in Self.counts {
            let (x, y, gradient) = (numbers(count, seed: 1), numbers(count, seed: 2), numbers(count, seed: 3))
            KernelPaths.forEach { _ in
                var sum = x
                see_add_bias(&sum, y, see_dropout_draw(key: 0, first: 0, threshold: 0, scale: 1), count)
                #expect(sum == zip(x, y).map { $0 + $1 })
                var found = gradient
                let squares = see_add_difference(x, y, 0.5, &found, count)
                let wanted = zip(x, y).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
                #expect(abs(Double(squares) - wanted) < 1e-5 * max(1, wanted))
                for place in 0..<count {
                    #expect(abs(found[place] - gradient[place] - 0.5 * (x[place] - y[place])) < 1e-6)
                }
            }
        }
    }

    @Test func adam() {
        let count = 37
        let gradients = (0..<4).map { numbers(count, seed: UInt64(10 + $0)) }
        let start = numbers(count, seed: 1)
        let (rate, decay, epsilon, scale) = (0.01, 0.1, 1e-6, 0.5)
        KernelPaths.forEach { path in
            var (values, first) = (start, [Float](repeating: 0, count: count))
            var second = first
            var wanted = start.map { (value: Double($0), first: 0.0, second: 0.0) }
            for (index, gradient) in gradients.enumerated() {
                let (a, b) = (1 - pow(0.9, Double(index + 1)), 1 - pow(0.98, Double(index + 1)))
                let step = see_adam_step(
                    first_decay: 0.9,
                    second_decay: 0.98,
                    gradient_scale: Float(scale),
                    rate: Float(rate / a),
                    second_correction: Float(1 / b),
                    epsilon: Float(epsilon),
                    kept: Float(1 - rate * decay)
                )
                see_adam(&values, gradient, &first, &second, step, count)
                for place in 0..<count {
                    let g = Double(gradient[place]) * scale
                    wanted[place].first = 0.9 * wanted[place].first + 0.1 * g
                    wanted[place].second = 0.98 * wanted[place].second + 0.02 * g * g
                    wanted[place].value *= 1 - rate * decay
                    wanted[place].value -=
                        rate * wanted[place].first / a / ((wanted[place].second / b).squareRoot() + epsilon)
                }
            }
            for place in 0..<count {
                #expect(abs(Double(values[place]) - wanted[place].value) < 1e-6, "path \(path.rawValue)")
            }
        }
    }
}
