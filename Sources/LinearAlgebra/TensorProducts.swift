import Kernels

/// `sum[i * last + j] += (scale * first[i]) * vector[j]` for `heads` numbers of `first` and `last` of `vector`: the outer
/// product of two vectors, added in place. Every machine gives the same bits.
public func addOuterProduct(
    _ scale: Float,
    _ first: UnsafePointer<Float>,
    count heads: Int,
    _ vector: UnsafePointer<Float>,
    count last: Int,
    to sum: UnsafeMutablePointer<Float>
) {
    see_sadd_outer(sum, scale, first, heads, vector, last)
}

/// `result[x] += Σ cofactor[h, t] * block[h, x, t]` for a block `[heads, size, tails]` and a cofactor `[heads, tails]`;
/// the last bits depend on the CPU.
public func addContraction(
    of block: UnsafePointer<Float>,
    heads: Int,
    size: Int,
    tails: Int,
    with cofactor: UnsafePointer<Float>,
    to result: UnsafeMutablePointer<Float>
) {
    see_scontract(result, block, heads, size, tails, cofactor)
}

/// The first index of the greatest `products[i]² * inverses[i]`; 0 where no score is a number. Every machine gives the
/// same.
public func indexOfGreatestRatio(
    _ products: UnsafePointer<Float>,
    _ inverses: UnsafePointer<Float>,
    count: Int
) -> Int {
    see_sbest_ratio(products, inverses, count)
}

/// The first index of the greatest `2 * products[i] - weight * norms[i]`; 0 where no score is a number. Every machine
/// gives the same.
public func indexOfGreatestDifference(
    _ products: UnsafePointer<Float>,
    _ norms: UnsafePointer<Float>,
    weight: Float,
    count: Int
) -> Int {
    see_sbest_difference(products, norms, weight, count)
}
