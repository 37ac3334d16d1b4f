import LinearAlgebra

/// How the gains of a token's senses are chosen, their products given.
struct GainRule: Sendable {
    /// 0: every gain is 1. Otherwise the bits of a stored gain.
    let bits: Int
    /// The magnitudes that gains are rounded to; nil leaves them free.
    var levels: LogarithmicLevels?

    /// The gains that bring Σ gain · product nearest to `row`, by coordinate descent on the normal equations: each
    /// step takes the best gain of one sense given the others (and rounds it), so the error never rises.
    ///
    /// - Parameters:
    ///   - products: The product of each sense, `[rank, length]`.
    ///   - present: Where the descent starts.
    func solve(_ products: Matrix, _ row: [Float], present: [Float]) -> [Float] {
        guard bits > 0 else { return present }
        let rank = products.rows
        let gram = Matrix.product(products, products, transposingSecond: true)
        let matches = products.times(row)
        var gains = present
        // A step shorter than this changes nothing that a stored gain would show.
        let smallest = 1e-4 * row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // Free gains first: rounding one by one while the others are still far off would stick.
        for isRounding in levels == nil ? [false] : [false, true] {
            for _ in 0..<(isRounding ? 4 : 48) {
                var change: Float = 0
                for sense in 0..<rank {
                    let norm = gram[sense, sense]
                    guard norm > 1e-30 else { continue }
                    var rest = matches[sense]
                    for other in 0..<rank where other != sense { rest -= gram[sense, other] * gains[other] }
                    let gain = isRounding ? rounded(rest / norm) : rest / norm
                    change = max(change, abs(gain - gains[sense]) * norm.squareRoot())
                    gains[sense] = gain
                }
                if change <= smallest { break }
            }
        }
        return gains.map { levels == nil ? $0 : rounded($0) }
    }

    /// The nearest gain that can be stored.
    func rounded(_ gain: Float) -> Float {
        guard let levels else { return gain }
        let magnitude = levels.magnitudes[levels.nearest(to: gain)]
        return gain < 0 ? -magnitude : magnitude
    }
}
