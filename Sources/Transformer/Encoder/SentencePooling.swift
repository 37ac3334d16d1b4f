import LinearAlgebra

/// How the vectors of a text's tokens become one vector, as sentence-transformers names it.
public enum SentencePooling: String, Sendable, CaseIterable {
    /// Their mean.
    case mean
    /// The first one.
    case cls
    /// Their greatest number in each column.
    case max
    /// Their sum divided by the square root of their number.
    case meanSquareRootLength = "mean-sqrt-len"
    /// The last one.
    case lastToken = "last-token"

    /// Pools the rows of `hidden` `[T, width]`, of which there is at least one, into `sentence` `[width]`.
    public func forward(_ hidden: MatrixView<Float>, into sentence: UnsafeMutablePointer<Float>) {
        precondition(hidden.rows > 0, "a text has tokens")
        let width = hidden.columns
        let first = self == .lastToken ? hidden.rows - 1 : 0
        sentence.update(from: hidden.base + first * hidden.rowStride, count: width)
        switch self {
        case .cls, .lastToken: return
        case .max:
            for row in 1..<Swift.max(1, hidden.rows) {
                let source = hidden.base + row * hidden.rowStride
                for column in 0..<width { sentence[column] = Swift.max(sentence[column], source[column]) }
            }
        case .mean, .meanSquareRootLength:
            for row in 1..<Swift.max(1, hidden.rows) {
                let source = hidden.base + row * hidden.rowStride
                for column in 0..<width { sentence[column] += source[column] }
            }
            let count = Float(hidden.rows)
            let factor = 1 / (self == .mean ? count : count.squareRoot())
            for column in 0..<width { sentence[column] *= factor }
        }
    }

    /// Scales `sentence` to length 1; one of length below 10⁻¹² is divided by that, as PyTorch does.
    public static func normalise(_ sentence: UnsafeMutablePointer<Float>, width: Int) {
        let factor = 1 / Swift.max(dot(sentence, sentence, count: width).squareRoot(), 1e-12)
        for column in 0..<width { sentence[column] *= factor }
    }
}
