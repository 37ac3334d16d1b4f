import Kernels
import LinearAlgebra
import Transformer

/// The settings of `AdamW`.
public struct AdamWOptions: Sendable, Hashable {
    /// β₁: what stays of the mean gradient in a step.
    public var firstDecay = 0.9
    /// β₂: what stays of the mean squared gradient.
    public var secondDecay = 0.98
    /// ε, added to the root of the latter.
    public var epsilon = 1e-8
    /// λ: the share of a matrix's values that a step takes away, times the rate. Vectors (norms, biases, gains) keep theirs.
    public var weightDecay = 0.0
    /// Gradients are scaled down to this length where they are longer; nil for never.
    public var clippingNorm: Double? = 1

    /// The defaults.
    public init() {}
}

/// Adam with decoupled weight decay (Loshchilov, Hutter 2019), over all trained tensors of some sets:
///
///     m = β₁ m + (1 − β₁) g,   v = β₂ v + (1 − β₂) g²
///     θ = θ − rate · (m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + λ θ)
///
/// Which tensors are trained is settled when it is made.
public final class AdamW {
    /// The settings.
    public let options: AdamWOptions
    /// Steps taken.
    public private(set) var stepCount = 0
    private let sets: [ParameterSet]
    private let members: [Member]
    /// m and v of all members, one after the other.
    private var first: [Float]
    private var second: [Float]

    /// A trained tensor.
    private struct Member {
        let set: Int
        let range: Range<Int>
        /// Where its moments begin.
        let start: Int
        let decays: Bool
        let rateFactor: Double
    }

    /// Numbers that one thread takes at a time.
    private static let block = 1 << 15

    /// Moments of 0 for the trained tensors of `sets`.
    ///
    /// - Parameter rateFactor: what the rate of a tensor is multiplied by.
    public init(
        _ sets: [ParameterSet],
        _ options: AdamWOptions = AdamWOptions(),
        rateFactor: (Parameter) -> Double = { _ in 1 }
    ) {
        var members: [Member] = []
        var count = 0
        for (index, set) in sets.enumerated() {
            for parameter in set.parameters where parameter.role == .trained {
                members.append(
                    Member(
                        set: index,
                        range: parameter.range,
                        start: count,
                        decays: parameter.shape.count > 1,
                        rateFactor: rateFactor(parameter)
                    )
                )
                count += parameter.range.count
            }
        }
        (self.sets, self.options, self.members) = (sets, options, members)
        first = [Float](repeating: 0, count: count)
        second = first
    }

    /// Takes a step at `rate`, by the gradients in the sets, which stay.
    ///
    /// - Returns: the length of all gradients, before clipping.
    /// - Throws: kind `notFinite` where it is no number; nothing has changed then.
    @discardableResult
    public func step(rate: Double) throws(TransformerError) -> Double {
        let length = GradientNorm.length(sets)
        guard length.isFinite else {
            throw TransformerError(
                .notFinite,
                place: "gradient of step \(stepCount + 1)",
                cause: "its length is \(length)",
                remedy: "lower the learning rate"
            )
        }
        stepCount += 1
        let clipping = options.clippingNorm.map { length > $0 ? $0 / length : 1 } ?? 1
        let firstCorrection = 1 - power(options.firstDecay, stepCount)
        let secondCorrection = 1 - power(options.secondDecay, stepCount)
        let options = options
        first.withUnsafeMutableBufferPointer { first in
            second.withUnsafeMutableBufferPointer { second in
                guard let first = first.baseAddress, let second = second.baseAddress else { return }
                for member in members {
                    let memberRate = rate * member.rateFactor
                    let kernel = see_adam_step(
                        first_decay: Float(options.firstDecay),
                        second_decay: Float(options.secondDecay),
                        gradient_scale: Float(clipping),
                        rate: Float(memberRate / firstCorrection),
                        second_correction: Float(1 / secondCorrection),
                        epsilon: Float(options.epsilon),
                        kept: Float(1 - (member.decays ? memberRate * options.weightDecay : 0))
                    )
                    guard let values = sets[member.set].values.baseAddress,
                        let gradients = sets[member.set].gradients.baseAddress
                    else { continue }
                    let count = member.range.count
                    func view(_ base: UnsafeMutablePointer<Float>) -> MutableMatrixView<Float> {
                        MutableMatrixView(base, rows: 1, columns: count)
                    }
                    let views = (
                        view(values + member.range.lowerBound), view(gradients + member.range.lowerBound),
                        view(first + member.start), view(second + member.start)
                    )
                    Parallel.forEachChunk(of: count, size: Self.block) { range in
                        see_adam(
                            views.0.base + range.lowerBound,
                            views.1.base + range.lowerBound,
                            views.2.base + range.lowerBound,
                            views.3.base + range.lowerBound,
                            kernel,
                            range.count
                        )
                    }
                }
            }
        }
        return length
    }

    /// Repeated multiplication: the same bits on every machine.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }

    /// Everything that a training which goes on later needs of the optimiser.
    public struct State: Sendable, Equatable {
        /// Steps taken.
        public var stepCount: Int
        /// m of all trained tensors, in the order of the sets.
        public var first: [Float]
        /// v of the same.
        public var second: [Float]

        /// A state of these parts.
        public init(stepCount: Int, first: [Float], second: [Float]) {
            (self.stepCount, self.first, self.second) = (stepCount, first, second)
        }
    }

    /// The state now.
    public var state: State { State(stepCount: stepCount, first: first, second: second) }

    /// Goes on from `state`; false, and nothing changed, where it belongs to other tensors or is no state.
    public func restore(_ state: State) -> Bool {
        guard state.first.count == first.count, state.second.count == second.count, state.stepCount >= 0,
            state.first.allSatisfy(\.isFinite), state.second.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { return false }
        (stepCount, first, second) = (state.stepCount, state.first, state.second)
        return true
    }
}
