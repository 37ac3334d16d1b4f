/// Reads the coefficients of single rows. Damaged bits give other coefficients, never a trap.
struct RowDecoder {
    private let model: ResidualModel
    private let classes: [Int]

    init(_ model: ResidualModel) {
        self.model = model
        classes = model.codedAxes.map { Int(model.axisClasses[$0]) }
    }

    /// The levels of `row`, in parts of the row's step, for every coded axis.
    func decode(
        _ row: Int,
        of index: RowIndex,
        _ bits: UnsafeBufferPointer<UInt8>,
        into levels: UnsafeMutableBufferPointer<Int32>
    ) {
        var decoder = RangeDecoder(bits, bits: index.offsets[row]..<index.offsets[row + 1])
        let offset = 2 * (Int(index.magnitudes[row]) - RowIndex.unitMagnitude)
        let tables = model.tables
        let width = SymbolTables.symbolCount + 1
        var state = 0
        tables.starts.withUnsafeBufferPointer { starts in
            guard let starts = starts.baseAddress else { return }
            for j in classes.indices {
                let c = min(max(classes[j] + offset, tables.classes.lowerBound), tables.classes.upperBound)
                let quantiser = Trellis.quantiser(of: state)
                let pair = tables.pair(c, quantiser: quantiser)
                var magnitude = decoder.symbol(
                    starts: starts + pair * width,
                    count: SymbolTables.symbolCount,
                    totalBits: SymbolTables.totalBits
                )
                if magnitude == SymbolTables.escape { magnitude += Int(decoder.golomb()) }
                let shift = SymbolTables.shift(ofClass: c)
                if shift > 0 { magnitude = magnitude << shift | Int(decoder.bits(shift)) }
                guard magnitude > 0 else {
                    levels[j] = 0
                    state = Int(model.trellis.next[2 * state])
                    continue
                }
                let isNegative = decoder.bit() == 1
                var level = Trellis.multiple(magnitude, quantiser: quantiser) * SymbolTables.pointsPerStep
                if magnitude <= SymbolTables.pointCount { level += Int(tables.points[4 * pair + magnitude]) }
                let clamped = Int32(truncatingIfNeeded: min(level, Int(Int32.max)))
                levels[j] = isNegative ? -clamped : clamped
                state = Int(model.trellis.next[2 * state + magnitude & 1])
            }
        }
    }
}
