import LinearAlgebra

extension TrainableFactors {
    /// Places that one thread takes at a time: a fixed number, so that threads change no bit.
    private static let blockPlaces = 256
    /// Rows whose sum one thread takes.
    private static let blockRows = 128

    /// Adds the gradients of unit tables, gains and mean to `gradient`, `count` numbers as `factors` are, from `table`
    /// `[V, d]`, the gradient of the dense table.
    ///
    /// With G the folded gradient of a token's vector and a sense's product g · F₁[u₁] ⊗ … ⊗ Fₒ[uₒ]:
    /// dL/dFⱼ[uⱼ] += g · G contracted with the vectors of the other slots, dL/dg += G contracted with all of them, and
    /// dL/dmean += the gradient itself.
    ///
    /// - Parameter rows: the tokens whose gradient is not 0, each once; nil for all.
    public func addGradient(
        of table: MatrixView<Float>,
        rows: [Int]? = nil,
        _ factors: MatrixView<Float>,
        to gradient: MutableMatrixView<Float>
    ) {
        precondition(factors.columns == count && gradient.columns == count, "\(count) numbers")
        precondition(table.rows == tokenCount && table.columns == dimension, "a row for each token")
        let order = fold.order
        let senses = rows?.flatMap { Array(embedding.codes.senses(of: $0)) }
        for tableIndex in tableStarts.indices {
            let isShared = embedding.tables.isShared
            let places =
                senses.map { senses in
                    SenseOrder(
                        senses,
                        units: units,
                        slots: isShared ? Array(0..<order) : [tableIndex],
                        order: order,
                        unitCount: embedding.tables.unitCounts[tableIndex]
                    )
                } ?? wholeOrder[tableIndex]
            addUnits(tableIndex, places, table, factors, gradient)
        }
        if let meanStart { addMean(rows, table, gradient.base + meanStart) }
    }

    /// The gradient of one unit table, and of the gains along with the first slot's units.
    private func addUnits(
        _ tableIndex: Int,
        _ places: SenseOrder,
        _ table: MatrixView<Float>,
        _ factors: MatrixView<Float>,
        _ gradient: MutableMatrixView<Float>
    ) {
        let (order, copies) = (fold.order, embedding.tables.copies)
        let size = fold.sizes[tableIndex]
        let rowLength = copies * size
        let blocks = (places.places.count + Self.blockPlaces - 1) / Self.blockPlaces
        // What a block has of units that it shares with its neighbours: of its first and of its last unit.
        var edges = [Float](repeating: 0, count: 2 * blocks * rowLength)
        edges.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let edges = MutableMatrixView(base, rows: 2 * blocks, columns: rowLength)
            Parallel.forEachChunk(of: places.places.count, size: Self.blockPlaces) { range in
                let block = range.lowerBound / Self.blockPlaces
                let length = fold.longestCofactor + fold.productLength + size + rowLength
                PackingMemory.with(count: length, of: Float.self) { cofactor in
                    let folded = cofactor + fold.longestCofactor
                    let part = folded + fold.productLength
                    let sum = part + size
                    (folded + dimension).update(repeating: 0, count: fold.productLength - dimension)
                    var first = range.lowerBound
                    while first < range.upperBound {
                        var end = first + 1
                        while end < range.upperBound, places.continues(end) { end += 1 }
                        sum.update(repeating: 0, count: rowLength)
                        for place in places.places[first..<end] {
                            let (sense, slot) = (place / order, place % order)
                            let row = table.base + Int(tokens[sense]) * table.rowStride
                            folded.update(from: row, count: dimension)
                            addSense(
                                sense,
                                slot,
                                folded,
                                factors,
                                cofactor,
                                part,
                                to: sum,
                                gradient
                            )
                        }
                        let isOpen = (first == range.lowerBound && places.continues(first), places.continues(end))
                        if isOpen.0 || isOpen.1 {
                            (edges.base + (2 * block + (isOpen.0 ? 0 : 1)) * rowLength).update(
                                from: sum,
                                count: rowLength
                            )
                        } else {
                            addRow(sum, unit: Int(places.units[first]), tableIndex, to: gradient)
                        }
                        first = end
                    }
                }
            }
            for block in 0..<blocks {
                let range = block * Self.blockPlaces..<min((block + 1) * Self.blockPlaces, places.places.count)
                for (edge, place) in [(0, range.lowerBound), (1, range.upperBound - 1)] {
                    addRow(
                        edges.base + (2 * block + edge) * rowLength,
                        unit: Int(places.units[place]),
                        tableIndex,
                        to: gradient
                    )
                }
            }
        }
    }

    /// Adds what one sense gives to the unit of one of its slots, for every copy, to `sum` `[copies, size]`.
    @inline(__always)
    private func addSense(
        _ sense: Int,
        _ slot: Int,
        _ folded: UnsafePointer<Float>,
        _ factors: MatrixView<Float>,
        _ cofactor: UnsafeMutablePointer<Float>,
        _ part: UnsafeMutablePointer<Float>,
        to sum: UnsafeMutablePointer<Float>,
        _ gradient: MutableMatrixView<Float>
    ) {
        let (order, size, values) = (fold.order, fold.sizes[slot], factors.base)
        let gain = gainStart.map { values[$0 + sense] } ?? 1
        var slope: Float = 0
        for copy in 0..<embedding.tables.copies {
            fold.setCofactor(cofactor, of: slot, gain: 1) { other in
                values + vectorOffset(other, Int(units[sense * order + other]), copy)
            }
            part.update(repeating: 0, count: size)
            fold.addContraction(part, of: folded, slot: slot, with: cofactor)
            axpy(gain, part, sum + copy * size, count: size)
            if slot == 0, gainStart != nil {
                slope += dot(part, values + vectorOffset(0, Int(units[sense * order]), copy), count: size)
            }
        }
        // Every sense has one first slot: no other thread writes here.
        if slot == 0, let gainStart { gradient.base[gainStart + sense] += slope }
    }

    /// Adds the rows of a unit, one a copy.
    private func addRow(
        _ sum: UnsafePointer<Float>,
        unit: Int,
        _ tableIndex: Int,
        to gradient: MutableMatrixView<Float>
    ) {
        let size = fold.sizes[tableIndex]
        for copy in 0..<embedding.tables.copies {
            axpy(1, sum + copy * size, gradient.base + vectorOffset(tableIndex, unit, copy), count: size)
        }
    }

    private func addMean(_ rows: [Int]?, _ table: MatrixView<Float>, _ target: UnsafeMutablePointer<Float>) {
        let numbers = rows?.count ?? tokenCount
        let blocks = (numbers + Self.blockRows - 1) / Self.blockRows
        var sums = [Float](repeating: 0, count: blocks * dimension)
        Parallel.fill(&sums, rowLength: dimension, chunkRows: 1) { range, sum in
            let first = range.lowerBound * Self.blockRows
            for place in first..<min(first + Self.blockRows, numbers) {
                let row = table.base + (rows?[place] ?? place) * table.rowStride
                for column in 0..<dimension { sum[column] += row[column] }
            }
        }
        for index in sums.indices { target[index % max(1, dimension)] += sums[index] }
    }
}
