import Foundation
import Kernels

/// The activations as their definitions say, in Double.
enum ActivationFormulas {
    static let all: [(kind: see_activation, function: @Sendable (Double) -> Double)] = [
        (SEE_GELU, { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }), (SEE_GELU_TANH, geluByTanh),
        (SEE_RELU, { max($0, 0) }), (SEE_SILU, { $0 / (1 + exp(-$0)) }),
    ]

    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³))), by the logistic function.
    @Sendable private static func geluByTanh(_ x: Double) -> Double {
        x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
}
