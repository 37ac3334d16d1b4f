import Kernels
import LinearAlgebra

extension SentencePooling {
    /// Adds the gradient by a text's tokens' vectors to `gradient` `[T, width]`, from that by the vector which `forward`
    /// makes of `hidden`. Where two tokens are greatest in a column, the first one gets it.
    func backward(
        _ sentence: UnsafePointer<Float>,
        _ hidden: MatrixView<Float>,
        addingTo gradient: MutableMatrixView<Float>
    ) {
        let (rows, width) = (hidden.rows, hidden.columns)
        func row(_ index: Int) -> UnsafeMutablePointer<Float> { gradient.base + index * gradient.rowStride }
        switch self {
        case .cls: see_saxpy(1, sentence, row(0), width)
        case .lastToken: see_saxpy(1, sentence, row(rows - 1), width)
        case .mean, .meanSquareRootLength:
            let factor = 1 / (self == .mean ? Float(rows) : Float(rows).squareRoot())
            for index in 0..<rows { see_saxpy(factor, sentence, row(index), width) }
        case .max:
            for column in 0..<width {
                var best = 0
                for index in 1..<Swift.max(1, rows)
                where hidden.base[index * hidden.rowStride + column] > hidden.base[best * hidden.rowStride + column] {
                    best = index
                }
                row(best)[column] += sentence[column]
            }
        }
    }
}

/// The losses of a text's vector p against the teacher's t, and their gradient by p.
///
/// With u = p / |p|: cosine = 1 − u·t/|t|, of gradient (u (u·t) − t) / (|p| |t|). Where the model scales vectors to length 1,
/// pooled = mean (u − t/|t|)² with e = dL/du, of gradient (e − u (u·e)) / |p|; else it is mean (p − t)².
struct PooledLoss {
    let weights: LossWeights
    let texts: Int
    let normalises: Bool

    /// Writes the gradient; all have `width` numbers.
    func lossAndGradient(
        _ p: UnsafePointer<Float>,
        teacher t: UnsafePointer<Float>,
        width: Int,
        into gradient: UnsafeMutablePointer<Float>
    ) -> (cosine: Double, pooled: Double) {
        let share = 1 / Float(max(1, texts))
        let length = max(dot(p, p, count: width).squareRoot(), 1e-12)
        let teacherLength = max(dot(t, t, count: width).squareRoot(), 1e-12)
        let cosine = dot(p, t, count: width) / (length * teacherLength)
        let factor = weights.cosine * share / length
        let scale = 2 * weights.pooled * share / Float(width)
        var squares: Float = 0
        var along: Float = 0
        for i in 0..<width {
            let (u, target) = (p[i] / length, t[i] / teacherLength)
            let difference = normalises ? u - target : p[i] - t[i]
            squares += difference * difference
            along += u * scale * difference
            gradient[i] = factor * (u * cosine - target)
        }
        for i in 0..<width {
            let (u, target) = (p[i] / length, t[i] / teacherLength)
            gradient[i] += normalises ? (scale * (u - target) - u * along) / length : scale * (p[i] - t[i])
        }
        return (Double((1 - cosine) * share), Double(squares / Float(width) * share))
    }
}
