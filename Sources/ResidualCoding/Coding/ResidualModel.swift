import LinearAlgebra

/// What all rows of a coded matrix share: step, mean, axes and tables.
struct ResidualModel: Sendable, Equatable {
    /// The number of columns.
    let columnCount: Int
    /// Δ: the distance between a magnitude's multiples, for a row without a gain.
    let step: Float
    /// How coefficients are quantised.
    let trellis: Trellis
    /// The mean row, in parts of the step.
    let mean: [Int32]
    /// The axes.
    let reflections: Reflections
    /// The class of each axis's deviation; 0 for an axis whose coefficients are all zero.
    let axisClasses: [UInt8]
    /// The symbols of coefficients.
    let tables: SymbolTables

    /// The mean is kept in this many parts of the step.
    static let meanPartsPerStep = 16

    /// The axes that have coefficients.
    let codedAxes: [Int]

    init(
        step: Float,
        trellis: Trellis,
        mean: [Int32],
        reflections: Reflections,
        axisClasses: [UInt8],
        tables: SymbolTables
    ) {
        columnCount = reflections.size
        self.step = step
        self.trellis = trellis
        self.mean = mean
        self.reflections = reflections
        self.axisClasses = axisClasses
        self.tables = tables
        codedAxes = axisClasses.indices.filter { axisClasses[$0] > 0 }
    }

    /// The mean row as numbers.
    var meanRow: [Float] { mean.map { Float($0) * step / Float(Self.meanPartsPerStep) } }

    /// Whether all is the same; the axes that are coded follow from the classes.
    static func == (a: ResidualModel, b: ResidualModel) -> Bool {
        a.step.bitPattern == b.step.bitPattern && a.trellis.memory == b.trellis.memory && a.mean == b.mean
            && a.reflections == b.reflections && a.axisClasses == b.axisClasses && a.tables == b.tables
    }
}

extension ResidualModel {
    /// Bytes of the header before the range-coded part of `residual.model`.
    static let headerCount = 12

    /// The parts `residual.model` and `residual.basis`.
    func encoded(hasGains: Bool, lengthUnit: Int) -> (model: [UInt8], basis: [UInt8]) {
        var header: [UInt8] = []
        func append(_ value: UInt32, count: Int) {
            for i in 0..<count { header.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * i))) }
        }
        append(step.bitPattern, count: 4)
        append(UInt32(reflections.entries.count), count: 4)
        append(UInt32(reflections.fineness), count: 1)
        append(UInt32(trellis.memory), count: 1)
        append(UInt32(lengthUnit), count: 1)
        append(hasGains ? 1 : 0, count: 1)

        var encoder = RangeEncoder()
        var means = AdaptiveIntegerModel(shift: Self.meanShift(of: mean))
        encoder.encode(bits: UInt32(means.shift), count: 5)
        for value in mean { means.encode(Int(value), into: &encoder) }
        var classes = AdaptiveIntegerModel()
        var before = 0
        for value in axisClasses {
            classes.encode(Int(value) - before, into: &encoder)
            before = Int(value)
        }
        tables.encode(into: &encoder)
        let model = header + encoder.finish().bytes

        encoder.reset()
        reflections.encode(into: &encoder)
        return (model, encoder.finish().bytes)
    }

    private static func meanShift(of mean: [Int32]) -> Int {
        let average = mean.reduce(0) { $0 + Int($1.magnitude) } / max(1, mean.count)
        return max(0, Int.bitWidth - 3 - average.leadingZeroBitCount)
    }

    /// Reads the two parts for a matrix of `columnCount` columns; nothing of them is trusted.
    static func decoded(
        columnCount: Int,
        model bytes: [UInt8],
        basis: [UInt8]
    ) throws(ResidualCodingError) -> (model: ResidualModel, hasGains: Bool, lengthUnit: Int) {
        let name = "residual.model"
        guard bytes.count >= headerCount else { throw .damaged(.size, name, "\(bytes.count) bytes are no header") }
        func number(at start: Int, count: Int) -> UInt32 {
            (0..<count).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
        }
        let step = Float(bitPattern: number(at: 0, count: 4))
        let reflectionCount = Int(number(at: 4, count: 4))
        let (fineness, memory) = (Int(bytes[8]), Int(bytes[9]))
        let (lengthUnit, flags) = (Int(bytes[10]), bytes[11])
        guard step.isFinite, step > 0, Trellis.memories.contains(memory),
            RowIndex.lengthUnits.contains(lengthUnit), flags <= 1, Reflections.finenesses.contains(fineness)
        else { throw .damaged(.value, name, "step \(step), trellis \(memory), length unit \(lengthUnit)") }
        guard reflectionCount <= columnCount,
            reflectionCount * columnCount <= (basis.count + 8) * mostEntriesPerByte
        else { throw .damaged(.size, "residual.basis", "\(basis.count) bytes for \(reflectionCount) reflectors") }

        let (mean, classes, tables) = try bytes.withDecoder(from: headerCount) { decoder throws(ResidualCodingError) in
            var means = AdaptiveIntegerModel(shift: Int(min(decoder.bits(5), 20)))
            var mean: [Int32] = []
            for _ in 0..<columnCount {
                mean.append(Int32(truncatingIfNeeded: means.decode(from: &decoder)))
                guard !decoder.isExhausted else { throw .damaged(.size, name, "it ends in the mean") }
            }
            var differences = AdaptiveIntegerModel()
            var classes: [UInt8] = []
            var value = 0
            for _ in 0..<columnCount {
                value += differences.decode(from: &decoder)
                guard 0..<SymbolTables.classLimit ~= value else {
                    throw .damaged(.value, name, "an axis of class \(value)")
                }
                classes.append(UInt8(value))
            }
            return (mean, classes, try SymbolTables(from: &decoder))
        }
        let reflections = try basis.withDecoder(from: 0) { decoder throws(ResidualCodingError) in
            try Reflections(size: columnCount, count: reflectionCount, fineness: fineness, from: &decoder)
        }
        let model = ResidualModel(
            step: step,
            trellis: Trellis(memory: memory),
            mean: mean,
            reflections: reflections,
            axisClasses: classes,
            tables: tables
        )
        return (model, flags == 1, lengthUnit)
    }

    /// Entries that a byte of an adaptive code can stand for at most.
    private static let mostEntriesPerByte = 4096
}

extension [UInt8] {
    /// Calls `body` with a decoder of the bytes from `start` on.
    func withDecoder<Result>(
        from start: Int,
        _ body: (inout RangeDecoder) throws(ResidualCodingError) -> Result
    ) throws(ResidualCodingError) -> Result {
        try withUnsafeBufferPointer { bytes throws(ResidualCodingError) in
            var decoder = RangeDecoder(bytes, bits: 8 * start..<8 * bytes.count)
            return try body(&decoder)
        }
    }
}
