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
        var gains = present
        // What each product still matches of the row, given all gains but its own.
        var open = products.times(row)
        for sense in 0..<rank {
            gram.withRow(sense) { row in
                for other in 0..<rank where other != sense { open[other] -= row[other] * gains[sense] }
            }
        }
        // A step shorter than this changes nothing that a stored gain would show.
        let smallest = 1e-4 * row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // Free gains first: rounding one by one while the others are still far off would stick.
        for isRounding in levels == nil ? [false] : [false, true] {
            for _ in 0..<(isRounding ? 4 : 24) {
                var change: Float = 0
                for sense in 0..<rank {
                    gram.withRow(sense) { row in
                        let norm = row[sense]
                        guard norm > 1e-30 else { return }
                        let gain = isRounding ? rounded(open[sense] / norm) : open[sense] / norm
                        let step = gain - gains[sense]
                        guard step != 0 else { return }
                        gains[sense] = gain
                        change = max(change, abs(step) * norm.squareRoot())
                        let kept = open[sense]
                        for other in 0..<rank { open[other] -= row[other] * step }
                        open[sense] = kept
                    }
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
