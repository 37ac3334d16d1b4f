import LinearAlgebra

/// One pass over rows with everything fixed but the magnitudes: projects, quantises, counts and, where asked, writes.
struct CodingPass: Sendable {
    /// Δ.
    let step: Float
    let trellis: Trellis
    /// The mean as it will be stored.
    let mean: [Float]
    /// The coded axes, one a row.
    let basis: Matrix
    /// The classes of the coded axes.
    let classes: [UInt8]
    let rates: RateTable
    /// Bits that each magnitude of a row costs in the index.
    let magnitudeBits: [Float]
    /// Row lengths are multiples of this.
    let lengthUnit: Int

    /// What came of some rows.
    struct Result: Sendable {
        var statistics = CodingStatistics()
        /// Better magnitudes for the same rows, by the bits that they would have taken.
        var magnitudes: [UInt8] = []
        /// Lengths in units; empty where nothing was written.
        var lengths: [Int] = []
        var bits = BitString()
    }

    /// Rows handled by one thread at a time.
    private static let chunkRows = 128

    /// Runs over all rows of `table`, which have the given gains (empty for none) and magnitudes.
    func run(
        _ table: some RowSource,
        gains: [Int8],
        magnitudes: [UInt8],
        isWriting: Bool
    ) throws(ResidualCodingError) -> Result {
        let parts = try Parallel.mapChunks(
            of: table.rowCount,
            size: Self.chunkRows
        ) { range throws(ResidualCodingError) in
            try run(range, of: table, gains: gains, magnitudes: magnitudes, isWriting: isWriting)
        }
        var result = Result()
        for part in parts {
            result.statistics.add(part.statistics)
            result.magnitudes += part.magnitudes
            result.lengths += part.lengths
            result.bits.append(part.bits.bytes, bitCount: part.bits.bitCount)
        }
        return result
    }

    /// The coefficients of some rows along the coded axes, in steps of each row, and the squares of the rows themselves.
    static func coefficients(
        _ range: Range<Int>,
        of table: some RowSource,
        gains: [Int8],
        mean: [Float],
        basis: Matrix,
        step: Float
    ) throws(ResidualCodingError) -> (coefficients: Matrix, squares: [Double]) {
        var rows = try table.block(range)
        let count = rows.columns
        for i in 0..<range.count {
            let gain = gains.isEmpty ? 0 : Int(gains[range.lowerBound + i])
            let scale = 1 / (step * CodedResidual.scale(ofGain: gain))
            rows.withMutableRow(i) { row in
                for column in 0..<count { row[column] = (row[column] - mean[column]) * scale }
            }
        }
        let squares = (0..<range.count).map { i in rows.withRow(i) { sumOfSquares($0) } }
        return (Matrix.product(rows, basis, transposingSecond: true), squares)
    }

    private func run(
        _ range: Range<Int>,
        of table: some RowSource,
        gains: [Int8],
        magnitudes: [UInt8],
        isWriting: Bool
    ) throws(ResidualCodingError) -> Result {
        let (coefficients, squares) = try Self.coefficients(
            range,
            of: table,
            gains: gains,
            mean: mean,
            basis: basis,
            step: step
        )
        var result = Result()
        let search = TrellisSearch(trellis: trellis, rates: rates, count: classes.count)
        var pairs = [Int32](repeating: 0, count: classes.count)
        var encoder = RangeEncoder()
        for (i, row) in range.enumerated() {
            let magnitude = Int(magnitudes[row])
            setPairs(&pairs, magnitude: magnitude)
            let gain = gains.isEmpty ? 0 : Int(gains[row])
            let rowStep = Double(step * CodedResidual.scale(ofGain: gain))
            coefficients.withRow(i) { x in
                x.withUnsafeBufferPointer { x in
                    guard let x = x.baseAddress else { return }
                    search.run(x, pairs: pairs)
                    let error = count(search, x, pairs, into: &result.statistics)
                    // What the coded axes leave out is lost whole.
                    let kept = (0..<classes.count).reduce(0.0) { $0 + Double(x[$1]) * Double(x[$1]) }
                    // Less than the projection's own rounding is nothing.
                    let left = squares[i] - kept
                    let lost = classes.count < table.columnCount && left > 1e-6 * squares[i] ? left : 0
                    result.statistics.squaredError += rowStep * rowStep * (error + lost)
                    if isWriting { write(search, x, pairs, with: &encoder, to: &result) }
                }
            }
            result.statistics.rowMagnitudes[magnitude] += 1
            result.magnitudes.append(UInt8(betterMagnitude(than: magnitude, search)))
        }
        return result
    }

    private func setPairs(_ pairs: inout [Int32], magnitude: Int) {
        let offset = 2 * (magnitude - RowIndex.unitMagnitude)
        for j in classes.indices { pairs[j] = Int32(rates.tables.pair(Int(classes[j]) + offset, quantiser: 0)) }
    }

    /// Counts a row's symbols; gives its squared error along the coded axes, in squared steps.
    private func count(
        _ search: TrellisSearch,
        _ x: UnsafePointer<Float>,
        _ pairs: [Int32],
        into statistics: inout CodingStatistics
    ) -> Double {
        let first = 2 * rates.tables.classes.lowerBound
        var error = 0.0
        var cost: Float = 0
        for j in classes.indices {
            let magnitude = Int(search.magnitudes[j])
            let pair = Int(pairs[j]) + Int(search.quantisers[j])
            let shift = SymbolTables.shift(ofClass: (first + pair) / 2)
            let symbol = min(magnitude >> shift, SymbolTables.escape)
            statistics.counts[(first + pair) * SymbolTables.symbolCount + symbol] += 1
            var value = Float(Trellis.multiple(magnitude, quantiser: pair & 1))
            if magnitude < RateTable.width {
                if 1...SymbolTables.pointCount ~= magnitude {
                    let at = (first + pair) * 4 + magnitude
                    statistics.sums[at] += Double(x[j].magnitude - value)
                    statistics.sumCounts[at] += 1
                }
                value = rates.values[pair * RateTable.width + magnitude]
                cost += rates.costs[pair * RateTable.width + magnitude]
            } else {
                cost += rates.cost(magnitude, pair: pair)
            }
            let difference = Double(x[j].magnitude - value)
            error += difference * difference
        }
        statistics.tableBits += Double(cost / rates.bitCost)
        return error
    }

    /// The neighbouring magnitude under which the row found would have taken fewest bits.
    private func betterMagnitude(than magnitude: Int, _ search: TrellisSearch) -> Int {
        var best = (bits: Float.infinity, magnitude: magnitude)
        for other in max(0, magnitude - 1)...min(RowIndex.magnitudeCount - 1, magnitude + 1) {
            let offset = 2 * (other - RowIndex.unitMagnitude)
            var cost: Float = 0
            for j in classes.indices {
                let pair = rates.tables.pair(Int(classes[j]) + offset, quantiser: Int(search.quantisers[j]))
                let found = Int(search.magnitudes[j])
                cost +=
                    found < RateTable.width
                    ? rates.costs[pair * RateTable.width + found] : rates.cost(found, pair: pair)
            }
            let bits = cost / rates.bitCost + magnitudeBits[other]
            if bits < best.bits { best = (bits, other) }
        }
        return best.magnitude
    }

    private func write(
        _ search: TrellisSearch,
        _ x: UnsafePointer<Float>,
        _ pairs: [Int32],
        with encoder: inout RangeEncoder,
        to result: inout Result
    ) {
        encoder.reset()
        let tables = rates.tables
        let width = SymbolTables.symbolCount + 1
        for j in classes.indices {
            let magnitude = Int(search.magnitudes[j])
            let pair = Int(pairs[j]) + Int(search.quantisers[j])
            let shift = SymbolTables.shift(ofClass: tables.classes.lowerBound + pair / 2)
            let high = magnitude >> shift
            let symbol = min(high, SymbolTables.escape)
            let start = UInt32(tables.starts[pair * width + symbol])
            let end = UInt32(tables.starts[pair * width + symbol + 1])
            encoder.encode(start: start, size: end - start, totalBits: SymbolTables.totalBits)
            if symbol == SymbolTables.escape { encoder.encode(golomb: UInt32(high - symbol)) }
            encoder.encode(bits: UInt32(truncatingIfNeeded: magnitude), count: shift)
            if magnitude > 0 { encoder.encode(bits: x[j] < 0 ? 1 : 0, count: 1) }
        }
        let (bytes, bitCount) = encoder.finish()
        let length = (bitCount + lengthUnit - 1) / lengthUnit
        result.lengths.append(length)
        result.bits.append(bytes, bitCount: length * lengthUnit)
    }
}
