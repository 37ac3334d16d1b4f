/// How many principal axes are worth storing, and how finely, for rows of the given variances.
struct ReflectionPlan: Equatable {
    /// The number of reflections, one an axis.
    var count: Int
    /// The entries of a reflector are multiples of 2^(−`fineness` / 4).
    var fineness: Int
    /// The bits of the axes and of the coefficients along them, as estimated.
    var rate = 0.0

    /// Chooses for `rowCount` rows with the variances `variances` (largest first), quantised so that a coefficient of
    /// large variance has the mean squared error `level`, the water level D of reverse water-filling.
    ///
    /// What counts is the Lagrangian in bits: a coefficient of variance s costs ½·log₂(s/D) + 1/(2·ln 2), or
    /// s/(2·ln 2·D) below D. An axis that is not stored leaves its coordinates with the mean of the variances that are
    /// left. Entries rounded with error variance ε turn axis k towards each axis j by ε: to first order that costs
    /// ε·(sₖ − sⱼ)·(1/max(sⱼ, D) − 1/max(sₖ, D))/(2·ln 2) a row.
    init(variances: [Double], rowCount: Int, level: Double) {
        let size = variances.count
        let rows = Double(rowCount)
        let slope = 0.5 * binaryLogarithm(Self.e)
        var sums = (inverse: 0.0, share: 0.0, plain: 0.0)
        for variance in variances {
            sums.inverse += 1 / max(variance, level)
            sums.share += variance / max(variance, level)
            sums.plain += variance
        }
        let sensitivity = variances.map { variance in
            let spread = variance * sums.inverse - sums.share
            return max(0, spread - (Double(size) * variance - sums.plain) / max(variance, level))
        }
        func coefficient(_ variance: Double) -> (cost: Double, rate: Double) {
            guard variance > level else { return (slope * variance / level, 0) }
            let rate = 0.5 * binaryLogarithm(variance / level)
            return (rate + slope, rate)
        }
        var best = (cost: Double.infinity, plan: ReflectionPlan(count: 0, fineness: 20))
        for fineness in 12...44 {
            let step = binaryPower(-Double(fineness) / 4)
            let error = step * step / 12
            // What the axes stored so far take, and the variance of those that are left.
            var stored = (cost: 0.0, rate: 0.0)
            var left = sums.plain
            for count in 0..<max(1, size) {
                if count > 0 {
                    let k = count - 1
                    let length = Double(size - k)
                    // Entries have a mean square of about 1/length.
                    let spread = 1 / (length * step * step)
                    let entry = max(0.05, 0.5 * binaryLogarithm(2 * Double.pi * Self.e * (spread + 1.0 / 12)))
                    let leak = slope * error * sensitivity[k] * (length / Double(size)) * rows
                    let own = coefficient(variances[k])
                    stored.cost += (length - 1) * entry + leak + rows * own.cost
                    stored.rate += (length - 1) * entry + leak + rows * own.rate
                    left -= variances[k]
                }
                let rest = Double(size - count)
                let shared = coefficient(max(0, left / rest))
                let cost = stored.cost + rows * rest * shared.cost
                if cost < best.cost {
                    best = (cost, ReflectionPlan(count: count, fineness: fineness))
                    best.plan.rate = stored.rate + rows * rest * shared.rate
                }
            }
        }
        self = best.plan
    }

    init(count: Int, fineness: Int) {
        (self.count, self.fineness) = (count, fineness)
    }

    private static let e = 2.718281828459045
}
