import Foundation
import LinearAlgebra
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// The optimiser against its formulas in Double, and schedules against their curves.
@Suite struct OptimisationTests {
    @Test func schedules() {
        func schedule(_ decay: LearningRateSchedule.Decay, last: Double = 0) -> LearningRateSchedule {
            LearningRateSchedule(peak: 2, warmUp: 4, steps: 12, decay: decay, lastShare: last)
        }
        for decay in LearningRateSchedule.Decay.allCases {
            let rates = (1...4).map { schedule(decay).rate(atStep: $0) }
            #expect(rates == [0.5, 1, 1.5, 2], "\(decay)")
        }
        #expect(schedule(.constant).rate(atStep: 100) == 2)
        #expect(schedule(.linear, last: 0.5).rate(atStep: 8) == 1.5)
        #expect(abs(schedule(.cosine, last: 0.1).rate(atStep: 8) - 1.1) < 1e-12)
        #expect(abs(schedule(.cosine, last: 0.1).rate(atStep: 12) - 0.2) < 1e-12)
        #expect(schedule(.cosine, last: 0.1).rate(atStep: 99) == schedule(.cosine, last: 0.1).rate(atStep: 12))
        #expect(schedule(.inverseSquareRoot).rate(atStep: 16) == 1)
        #expect(LearningRateSchedule(peak: 1, steps: 0, decay: .cosine).rate(atStep: 1).isFinite)
    }

    private func set(_ seed: UInt64) -> ParameterSet {
        var random = SplitMix64(seed: seed)
        var plan = ParameterPlan()
        _ = plan.add(["matrix"], rows: [5], columns: 7) { target in
            for index in 0..<35 { target[index] = random.normal() }
        }
        _ = plan.add("vector", vector: (0..<11).map { Float($0) / 10 })
        _ = plan.add("frozen", vector: [1, 2, 3])
        let set = ParameterSet(plan)
        set.assignRoles { $0.name == "frozen" ? .frozen : .trained }
        return set
    }

    private func setGradients(_ set: ParameterSet, step: Int) {
        var random = SplitMix64(seed: UInt64(100 + step))
        for parameter in set.parameters where parameter.role == .trained {
            for index in parameter.range { set.gradients[index] = random.normal() * (step == 2 ? 0.01 : 1) }
        }
    }

    @Test func stepsFollowTheFormula() throws {
        let set = set(1)
        var options = AdamWOptions()
        (options.weightDecay, options.clippingNorm, options.epsilon) = (0.1, 0.5, 1e-6)
        let optimiser = AdamW([set], options) { $0.name == "vector" ? 3 : 1 }
        var wanted = set.values.map { Double($0) }
        var (first, second) = (wanted.map { _ in 0.0 }, wanted.map { _ in 0.0 })
        for step in 1...4 {
            setGradients(set, step: step)
            let gradients = set.gradients.map { Double($0) }
            let length = gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let found = try optimiser.step(rate: 0.01)
            #expect(abs(found - length) < 1e-5 * length)
            let clipping = length > 0.5 ? 0.5 / length : 1
            for parameter in set.parameters where parameter.role == .trained {
                let rate = parameter.name == "vector" ? 0.03 : 0.01
                for index in parameter.range {
                    let g = gradients[index] * clipping
                    first[index] = 0.9 * first[index] + 0.1 * g
                    second[index] = 0.98 * second[index] + 0.02 * g * g
                    let (m, v) = (
                        first[index] / (1 - pow(0.9, Double(step))), second[index] / (1 - pow(0.98, Double(step)))
                    )
                    wanted[index] *= 1 - (parameter.name == "matrix" ? rate * 0.1 : 0)
                    wanted[index] -= rate * m / (v.squareRoot() + 1e-6)
                }
            }
        }
        for (value, expected) in zip(set.values, wanted) { #expect(abs(Double(value) - expected) < 1e-6) }
        #expect(optimiser.stepCount == 4)
    }

    @Test func aRestoredOptimiserGoesOnBitByBit() throws {
        let (whole, parts) = (set(1), set(1))
        let optimiser = AdamW([whole])
        for step in 1...6 {
            setGradients(whole, step: step)
            try optimiser.step(rate: 0.01)
        }
        var part = AdamW([parts])
        for step in 1...6 {
            if step == 4 {
                let state = part.state
                part = AdamW([parts])
                #expect(part.restore(state) && part.state == state)
            }
            setGradients(parts, step: step)
            try part.step(rate: 0.01)
        }
        #expect(Array(whole.values) == Array(parts.values))
        var state = part.state
        state.first.removeLast()
        #expect(!part.restore(state))
        state = part.state
        state.second[3] = -1
        #expect(!part.restore(state))
    }

    @Test func gradientsThatAreNoNumbersChangeNothing() {
        let set = set(1)
        let optimiser = AdamW([set])
        let before = Array(set.values)
        set.gradients[2] = .infinity
        #expect(throws: TransformerError.self) { try optimiser.step(rate: 0.1) }
        #expect(Array(set.values) == before && optimiser.stepCount == 0)
    }
}
