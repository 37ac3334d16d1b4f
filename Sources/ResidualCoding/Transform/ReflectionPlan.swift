/// How many principal axes are worth storing, and how finely, for rows of the given variances.
struct ReflectionPlan: Equatable {
    /// The number of reflections, one an axis.
    var count: Int
    /// The entries of a reflector are multiples of 2^(−`fineness` / 4).
    var fineness: Int
    /// The bits that basis and coefficients will take, as estimated.
    var cost = 0.0

    /// Chooses for `rowCount` rows with the variances `variances` (largest first), coded with the mean squared error
    /// `distortion` a coefficient.
    ///
    /// Rates are those of a Gaussian channel, ½·log₂(1 + σ²/D) a coefficient. An axis that is not stored leaves its
    /// coordinates with the mean of the variances that are left. An entry rounded with error variance ε turns the axis
    /// k towards each axis j by ε: to second order ½·log₂e·ε·(σₖ² − σⱼ²)²/((σₖ² + D)(σⱼ² + D)) bits a row.
    init(variances: [Double], rowCount: Int, distortion: Double) {
        let size = variances.count
        let bits = binaryLogarithm(Self.e)
        let noisy = variances.map { max($0, 0) + distortion }
        // Sums over j of (σk² − σj²)²/(σj² + D), in closed form over the powers.
        var sums = (inverse: 0.0, first: 0.0, second: 0.0)
        for (value, variance) in zip(noisy, variances) {
            sums.inverse += 1 / value
            sums.first += variance / value
            sums.second += variance * variance / value
        }
        let sensitivity = zip(variances, noisy).map { value, noisy in
            max(0, (value * value * sums.inverse - 2 * value * sums.first + sums.second) / noisy)
        }
        var best = (cost: Double.infinity, plan: ReflectionPlan(count: 0, fineness: 20))
        for fineness in 12...44 {
            let step = binaryPower(-Double(fineness) / 4)
            let error = step * step / 12
            // The cost of the axes stored so far, and the variance of those that are left.
            var stored = 0.0
            var left = variances.reduce(0, +)
            for count in 0..<max(1, size) {
                if count > 0 {
                    let k = count - 1
                    let length = Double(size - k)
                    // Of the entries of a reflector, about 1/length in square before the division by 1 + |q₁|.
                    let spread = 1 / (length * step * step)
                    let entry = max(0.05, 0.5 * binaryLogarithm(2 * Double.pi * Self.e * (spread + 1.0 / 12)))
                    let leak = 0.5 * bits * error * sensitivity[k] * (length / Double(size)) * Double(rowCount)
                    stored += (length - 1) * entry + leak
                    stored += 0.5 * Double(rowCount) * binaryLogarithm(1 + variances[k] / distortion)
                    left -= variances[k]
                }
                let rest = Double(size - count)
                let restRate = 0.5 * Double(rowCount) * rest * binaryLogarithm(1 + max(0, left / rest) / distortion)
                if stored + restRate < best.cost {
                    best = (stored + restRate, ReflectionPlan(count: count, fineness: fineness))
                }
            }
        }
        self = best.plan
        cost = best.cost
    }

    init(count: Int, fineness: Int) {
        (self.count, self.fineness) = (count, fineness)
    }

    private static let e = 2.718281828459045
}
