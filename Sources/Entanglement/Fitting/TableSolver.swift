import LinearAlgebra

/// Refits unit tables to given codes and gains: the weighted linear least-squares problem of one slot (method: each
/// unit's vector against what the other slots' products leave), solved by preconditioned conjugate gradients.
///
/// Conjugate gradients start at the present table and lower the error with every step, so no regularisation is needed
/// and units that no token uses stay as they are. Entries of a product past the dimension are fitted toward zero.
struct TableSolver: Sendable {
    let target: FitTarget
    let assignment: SenseAssignment
    /// The tokens that take part.
    let tokens: [Int]
    /// The most steps of one solution.
    var steps = 24

    /// Up to this many unknown vectors, their Gram matrix is formed once; beyond it every step goes over the tokens.
    private static let denseLimit = 4096

    /// The refitted tables: for each slot in turn, or in one Gauss–Newton step for a table that all slots share.
    func refit(_ tables: UnitTables) -> UnitTables {
        var tables = tables
        if tables.isShared {
            stepShared(&tables)
        } else {
            for slot in 0..<tables.shape.order {
                let change = change(of: [slot], tables)
                let table = tables.table(ofSlot: slot)
                tables.replaceTable(ofSlot: slot, by: zip(table, change).map { $0 + $1 })
            }
        }
        return tables
    }

    /// The sum of weight · squared error over the tokens.
    func error(_ tables: UnitTables) -> Double {
        let normal = NormalEquations(tables, assignment, target, slots: [0])
        return Parallel.mapChunks(of: tokens.count, size: 64) { range in
            var error = 0.0
            normal.forEachResidual(of: tokens[range]) { token, residual in
                error += Double(target.weights[token]) * residual.reduce(0.0) { $0 + Double($1) * Double($1) }
            }
            return error
        }.reduce(0, +)
    }

    /// A step along the Gauss–Newton direction, halved until the error falls: the problem is not linear where one
    /// unit fills several slots.
    private func stepShared(_ tables: inout UnitTables) {
        let change = change(of: Array(0..<tables.shape.order), tables)
        let table = tables.table(ofSlot: 0)
        let before = error(tables)
        var scale: Float = 1
        for _ in 0..<8 {
            var next = tables
            next.replaceTable(ofSlot: 0, by: zip(table, change).map { $0 + scale * $1 })
            if error(next) < before {
                tables = next
                return
            }
            scale /= 2
        }
    }

    private func change(of slots: [Int], _ tables: UnitTables) -> [Float] {
        let normal = NormalEquations(tables, assignment, target, slots: slots)
        let unknowns = tables.copies * tables.unitCounts[slots[0]]
        let isDense = slots.count == 1 && unknowns <= Self.denseLimit
        let start = normal.gradient(over: tokens)
        let size = tables.shape.slotSizes[slots[0]]
        if isDense {
            let gram = normal.gram(over: tokens)
            return conjugateGradients(start.gradient, start.diagonal, size: size) { direction in
                Matrix.product(gram, Matrix(rows: unknowns, columns: size, elements: direction)).elements
            }
        }
        return conjugateGradients(start.gradient, start.diagonal, size: size) { direction in
            normal.applied(to: direction, over: tokens)
        }
    }

    /// The solution x of A·x = b for the symmetric A that `apply` stands for, from x = 0; `diagonal` (one entry for each
    /// run of `size` unknowns) preconditions.
    private func conjugateGradients(
        _ b: [Float],
        _ diagonal: [Float],
        size: Int,
        _ apply: ([Float]) -> [Float]
    ) -> [Float] {
        func preconditioned(_ vector: [Float]) -> [Float] {
            vector.indices.map { diagonal[$0 / size] > 0 ? vector[$0] / diagonal[$0 / size] : 0 }
        }
        func product(_ a: [Float], _ b: [Float]) -> Double { preciseDot(a.span, b.span) }
        var x = [Float](repeating: 0, count: b.count)
        var residual = b
        var scaled = preconditioned(residual)
        var direction = scaled
        var energy = product(residual, scaled)
        let first = energy
        for _ in 0..<steps where energy > first * 1e-8 && energy > 0 {
            let image = apply(direction)
            let curvature = product(direction, image)
            guard curvature > 0 else { break }
            let length = Float(energy / curvature)
            for i in x.indices {
                x[i] += length * direction[i]
                residual[i] -= length * image[i]
            }
            scaled = preconditioned(residual)
            let next = product(residual, scaled)
            let momentum = Float(next / energy)
            energy = next
            for i in direction.indices { direction[i] = scaled[i] + momentum * direction[i] }
        }
        return x
    }
}
