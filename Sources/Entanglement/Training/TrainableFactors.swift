import LinearAlgebra

/// The numbers of an entangled embedding in training: unit tables, gains and mean. Codes stay as they are.
public struct TrainableFactors: TrainableForm {
    /// The embedding that training began with.
    public let embedding: EntangledEmbedding
    /// The parts in their order in memory, named as in the factored layout: `units.1` …, `gains` and `mean` where there are
    /// any.
    public let parts: [TrainablePart]
    /// Numbers of all parts.
    public let count: Int
    let fold: Fold
    /// For each sense its unit in every slot.
    let units: [UInt32]
    /// For each sense its token.
    let tokens: [UInt32]
    /// Where each unit table begins.
    let tableStarts: [Int]
    /// Where the gains begin; nil where all are 1.
    let gainStart: Int?
    /// Where the mean begins; nil for none.
    let meanStart: Int?
    /// The order in which gradients by the whole table are taken, table by table.
    let wholeOrder: [SenseOrder]

    /// Unpacks the codes of `embedding`.
    public init(_ embedding: EntangledEmbedding) {
        self.embedding = embedding
        fold = Fold(embedding.shape)
        let codes = embedding.codes
        let order = codes.order
        var units = [UInt32](repeating: 0, count: codes.senseCount * order)
        var tokens = [UInt32](repeating: 0, count: codes.senseCount)
        for token in 0..<codes.tokenCount {
            for sense in codes.senses(of: token) {
                tokens[sense] = UInt32(token)
                for slot in 0..<order { units[sense * order + slot] = UInt32(codes.unit(ofSense: sense, slot: slot)) }
            }
        }
        (self.units, self.tokens) = (units, tokens)
        var parts: [TrainablePart] = []
        var count = 0
        var starts: [Int] = []
        func add(_ name: String, _ shape: [Int]) -> Int {
            let part = TrainablePart(name: name, shape: shape)
            parts.append(part)
            defer { count += part.count }
            return count
        }
        let tables = embedding.tables
        for table in tables.tableSizes.indices {
            let shape = [tables.copies, tables.unitCounts[table], embedding.shape.slotSizes[table]]
            starts.append(add("units.\(table + 1)", shape))
        }
        gainStart = embedding.gains.map { _ in add(Self.gains, [codes.senseCount]) }
        meanStart = embedding.mean.map { add("mean", [$0.count]) }
        (self.parts, self.count, tableStarts) = (parts, count, starts)
        wholeOrder = starts.indices.map { table in
            SenseOrder(
                Array(0..<codes.senseCount),
                units: units,
                slots: embedding.tables.isShared ? Array(0..<order) : [table],
                order: order,
                unitCount: embedding.tables.unitCounts[table]
            )
        }
    }

    private static let gains = "gains"

    /// The gains.
    public var coarsePart: String? { gainStart == nil ? nil : Self.gains }

    /// The number V of tokens.
    public var tokenCount: Int { embedding.tokenCount }
    /// The length d of a token's vector.
    public var dimension: Int { embedding.dimension }

    /// Writes the numbers that training begins with, `count` of them: those of the embedding, as they come back from storage.
    public func fill(_ target: UnsafeMutablePointer<Float>) { fill(target, from: embedding) }

    /// The same of codes that are unpacked already, which takes far less time than unpacking them.
    public func round(_ factors: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) throws(EntanglementError)
    {
        fill(target, from: try stored(factors))
    }

    private func fill(_ target: UnsafeMutablePointer<Float>, from embedding: EntangledEmbedding) {
        let values = embedding.tables.values
        for (start, table) in zip(tableStarts, values) {
            for (index, value) in table.enumerated() { target[start + index] = value }
        }
        if let gainStart, let gains = embedding.gains {
            for sense in tokens.indices { target[gainStart + sense] = gains.gain(ofSense: sense) }
        }
        if let meanStart, let mean = embedding.mean {
            for (index, value) in mean.enumerated() { target[meanStart + index] = value }
        }
    }

    /// The embedding of the numbers `factors`, rounded as it is stored: unit tables to the type of their factors, gains to new
    /// levels of as many bits.
    ///
    /// - Throws: kind `value` where a number is not finite.
    public func stored(_ factors: UnsafePointer<Float>) throws(EntanglementError) -> EntangledEmbedding {
        func numbers(_ start: Int, _ count: Int) -> [Float] {
            Array(UnsafeBufferPointer(start: factors + start, count: count))
        }
        let old = embedding.tables
        let values = zip(tableStarts, old.tableSizes).map { numbers($0, $1) }
        let tables = try UnitTables(
            shape: old.shape,
            unitCounts: old.unitCounts,
            copies: old.copies,
            isShared: old.isShared,
            factorType: old.factorType,
            values: values
        )
        var gains: SenseGains?
        if let gainStart, let stored = embedding.gains {
            let values = numbers(gainStart, tokens.count)
            guard values.allSatisfy(\.isFinite) else { throw .damaged(.value, "gains", "one is not finite") }
            let levels = LogarithmicLevels(fitting: values, count: 1 << (stored.bits - 1))
            gains = SenseGains(bits: stored.bits, levels: levels, rounding: values)
        }
        return try EntangledEmbedding(
            tables: tables,
            codes: embedding.codes,
            gains: gains,
            mean: meanStart.map { numbers($0, dimension) }
        )
    }

    /// The same, whatever the form.
    public func storedTable(_ factors: UnsafePointer<Float>) throws(EntanglementError) -> any StorableTable {
        try stored(factors)
    }

    /// The vector of a unit in a slot and a copy.
    @inline(__always)
    func vectorOffset(_ slot: Int, _ unit: Int, _ copy: Int) -> Int {
        let tables = embedding.tables
        let start = tableStarts[tables.isShared ? 0 : slot]
        return start + (copy * tables.unitCounts[slot] + unit) * fold.sizes[slot]
    }

    /// Tokens whose vectors one thread writes at a time.
    private static let chunkTokens = 64

    /// Writes the vectors of `tokens` (all, where nothing is said) to their rows of `table` `[V, d]`.
    public func write(_ factors: MatrixView<Float>, tokens: [Int]? = nil, to table: MutableMatrixView<Float>) {
        precondition(factors.columns == count && factors.rows == 1, "\(count) numbers")
        precondition(table.rows == tokenCount && table.columns == dimension, "a row for each token")
        let (order, copies) = (fold.order, embedding.tables.copies)
        let numbers = tokens?.count ?? tokenCount
        Parallel.forEachChunk(of: numbers, size: Self.chunkTokens) { range in
            let values = factors.base
            PackingMemory.with(count: fold.longestCofactor + fold.productLength, of: Float.self) { head in
                let sum = head + fold.longestCofactor
                for place in range {
                    let token = tokens?[place] ?? place
                    if let meanStart {
                        sum.update(from: values + meanStart, count: dimension)
                        (sum + dimension).update(repeating: 0, count: fold.productLength - dimension)
                    } else {
                        sum.update(repeating: 0, count: fold.productLength)
                    }
                    for sense in embedding.codes.senses(of: token) {
                        let gain = gainStart.map { values[$0 + sense] } ?? 1
                        for copy in 0..<copies {
                            fold.addProduct(to: sum, gain: gain, head) { slot in
                                values + vectorOffset(slot, Int(units[sense * order + slot]), copy)
                            }
                        }
                    }
                    (table.base + token * table.rowStride).update(from: sum, count: dimension)
                }
            }
        }
    }
}
