// swift-format-ignore-file: NeverForceUnwrap
// The addresses unwrapped here are of arrays that are never empty: slots and units are at least one.

import LinearAlgebra

/// First unit vectors for a fit: slot vectors of the best products for sampled tokens and for what these leave.
struct UnitSeeds {
    let target: FitTarget
    let plan: EntanglementPlan
    let seed: UInt64

    /// Tables of the plan's form.
    func tables() throws(EntanglementError) -> UnitTables {
        let sizes = try UnitTables.tableSizes(
            shape: plan.shape,
            unitCounts: plan.unitCounts,
            copies: plan.copies,
            isShared: plan.isShared
        )
        var values = sizes.map { [Float](repeating: 0, count: $0) }
        let fold = Fold(plan.shape)
        for slot in values.indices {
            let (size, count) = (fold.sizes[slot], sizes[slot] / fold.sizes[slot])
            // Vectors that point apart hit more of a planted table's units; choosing them costs count² · pool.
            let pool = count <= Self.spreadLimit ? count * Self.poolFactor : count
            let vectors = Parallel.mapChunks(of: pool, size: 16) { range in
                range.map { vector(number: $0, slot: slot, fold) }
            }
            values[slot] = spread(Array(vectors.joined()), count: count, size: size, slot: slot).flatMap { $0 }
        }
        return try UnitTables(
            shape: plan.shape,
            unitCounts: plan.unitCounts,
            copies: plan.copies,
            isShared: plan.isShared,
            factorType: plan.factorType,
            values: values
        )
    }

    /// Up to this many vectors a table, more are drawn and those that lie apart are taken.
    private static let spreadLimit = 256
    private static let poolFactor = 8

    /// `count` of the drawn vectors, each drawn with a chance in proportion to the squared sine of its angle to the
    /// nearest vector taken before (k-means++, Arthur and Vassilvitskii 2007, for directions).
    private func spread(_ pool: [[Float]], count: Int, size: Int, slot: Int) -> [[Float]] {
        guard pool.count > count else { return pool }
        var random = SplitMix64(seed: seed, stream: -1 - slot)
        func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let norms = pool.map { max(dot($0, $0), 1e-30) }
        var sines = [Float](repeating: 1, count: pool.count)
        var chosen: [[Float]] = []
        var next = random.below(pool.count)
        while true {
            chosen.append(pool[next])
            if chosen.count == count { return chosen }
            for i in pool.indices {
                let cosine = dot(pool[i], pool[next])
                sines[i] = min(sines[i], max(0, 1 - cosine * cosine / (norms[i] * norms[next])))
            }
            var rest = random.uniform() * sines.reduce(0, +)
            next = pool.count - 1
            for i in pool.indices {
                rest -= sines[i]
                if rest < 0 {
                    next = i
                    break
                }
            }
        }
    }

    /// The slot's vector of a product found for a random token, after a random number of earlier products (fewer than
    /// the rank) have been taken away; its length is the order-th root of the product's.
    private func vector(number: Int, slot: Int, _ fold: Fold) -> [Float] {
        var random = SplitMix64(seed: seed, stream: number * fold.order + slot + 2)
        guard target.table.rows > 0 else { return (0..<fold.sizes[slot]).map { _ in random.normal() } }
        let token = random.below(target.table.rows)
        let depth = random.below(min(max(plan.rank, 1), 8))
        var residual = target.rows(CollectionOfOne(token), length: fold.productLength).elements
        var cofactor = [Float](repeating: 0, count: fold.longestCofactor)
        var product = [Float](repeating: 0, count: fold.productLength)
        var vectors: [[Float]] = []
        var length: Float = 0
        for step in 0...depth {
            vectors = fold.start(of: residual)
            for _ in 0..<4 {
                for slot in fold.sizes.indices {
                    length = fold.improve(&vectors, slot: slot, on: residual, &cofactor)
                }
            }
            guard step < depth else { break }
            fold.setProduct(&product, gain: length) { slot in
                vectors[slot].withUnsafeBufferPointer { $0.baseAddress! }
            }
            for x in residual.indices { residual[x] -= product[x] }
        }
        let scale = root(length, degree: fold.order)
        // Too little is left to point anywhere: any direction serves.
        guard scale > 1e-12 else { return (0..<fold.sizes[slot]).map { _ in 0.1 * random.normal() } }
        return vectors[slot].map { $0 * scale }
    }

    private func root(_ value: Float, degree: Int) -> Float {
        switch degree {
        case 1: value
        case 2: value.squareRoot()
        case 3: Float(cubeRoot(Double(value)))
        default: value.squareRoot().squareRoot()
        }
    }

    /// By Newton's method, so that every machine gets the same.
    private func cubeRoot(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var root = max(value, 1)
        for _ in 0..<200 where abs(root * root * root - value) > 1e-12 * value {
            root = (2 * root + value / (root * root)) / 3
        }
        return root
    }
}
