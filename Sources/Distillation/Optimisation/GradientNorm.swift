import LinearAlgebra
import Transformer

/// The length of all gradients together.
enum GradientNorm {
    /// Numbers that one thread takes at a time: a fixed number, so that threads change no bit.
    private static let block = 1 << 16

    /// √Σ g² over the trained tensors of `sets`.
    static func length(_ sets: [ParameterSet]) -> Double {
        var sum = 0.0
        for set in sets {
            for parameter in set.parameters where parameter.role == .trained {
                guard let base = set.gradients.baseAddress else { continue }
                let view = MatrixView(base + parameter.range.lowerBound, rows: 1, columns: parameter.range.count)
                let parts = Parallel.mapChunks(of: parameter.range.count, size: block) { range in
                    Double(dot(view.base + range.lowerBound, view.base + range.lowerBound, count: range.count))
                }
                sum += parts.reduce(0, +)
            }
        }
        return sum.squareRoot()
    }
}
