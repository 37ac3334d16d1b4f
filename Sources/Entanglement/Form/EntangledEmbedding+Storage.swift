extension EntangledEmbedding: StorableTable {
    /// The embedding as named flat arrays: `units.1`…`units.o` (or one shared `units.1`), `codes`, and where they are
    /// used `ranks`, `gains` with `gains.levels`, `mean`.
    public var stored: StoredEmbedding {
        var attributes: [(name: String, value: StoredEmbedding.Attribute)] = [
            ("version", .integer(StoredEmbedding.version)),
            ("form", .text(Self.form)),
            ("tokens", .integer(tokenCount)),
            ("dimension", .integer(dimension)),
            ("slotSizes", .integers(shape.slotSizes)),
            ("units", .integers(tables.unitCounts)),
            ("copies", .integer(tables.copies)),
            ("shared", .integer(tables.isShared ? 1 : 0)),
            ("factorType", .text(tables.factorType.rawValue)),
            ("maximumRank", .integer(codes.maximumRank)),
            ("fixedRank", .integer(codes.fixedRank == nil ? 0 : 1)),
        ]
        var arrays = tables.values.enumerated().map { slot, table in
            StoredEmbedding.Array(
                name: "units.\(slot + 1)",
                element: .factors(tables.factorType),
                shape: [tables.copies, tables.unitCounts[slot], shape.slotSizes[slot]],
                bytes: tables.factorType.encode(table)
            )
        }
        arrays.append(.packed("codes", codes.packed))
        if let ranks = codes.packedRanks { arrays.append(.packed("ranks", ranks)) }
        if let gains {
            attributes.append(("gainBits", .integer(gains.bits)))
            arrays.append(.packed("gains", gains.packed))
            arrays.append(.numbers("gains.levels", [gains.levels.low, gains.levels.ratio], as: .float32))
        }
        if let mean { arrays.append(.numbers("mean", mean, as: Self.meanType(tables.factorType))) }
        return StoredEmbedding(attributes: attributes, arrays: arrays)
    }

    /// The embedding that `stored` took apart, bit for bit. Stored values are not trusted: every size and every unit
    /// index is checked first.
    ///
    /// - Throws: kind `missing`, `size` or `value`, naming the array or attribute.
    public init(stored: StoredEmbedding) throws(EntanglementError) {
        let version = try stored.integer("version", in: 0...Int.max)
        guard version == StoredEmbedding.version else {
            throw EntanglementError(.value, "version", "layout version \(version)", remedy: "use a newer seeconv")
        }
        guard try stored.text("form") == Self.form else {
            throw .damaged(.value, "form", "not the form \(Self.form)")
        }
        guard let factorType = FactorType(rawValue: try stored.text("factorType")) else {
            throw .damaged(.value, "factorType", "unknown type \(try stored.text("factorType"))")
        }
        let shape = try EntanglementShape(
            dimension: stored.integer("dimension", in: 1...EntanglementShape.maximumDimension),
            slotSizes: stored.integers("slotSizes")
        )
        let unitCounts = try stored.integers("units")
        let copies = try stored.integer("copies", in: 1...UnitTables.maximumCopies)
        let isShared = try stored.integer("shared", in: 0...1) == 1
        let sizes = try UnitTables.tableSizes(
            shape: shape,
            unitCounts: unitCounts,
            copies: copies,
            isShared: isShared
        )
        var values: [[Float]] = []
        for (slot, size) in sizes.enumerated() {
            values.append(try stored.numbers("units.\(slot + 1)", count: size, as: factorType))
        }
        let tables = try UnitTables(
            shape: shape,
            unitCounts: unitCounts,
            copies: copies,
            isShared: isShared,
            factorType: factorType,
            values: values
        )
        let rank = try stored.integer("maximumRank", in: 0...SenseCodes.maximumRank)
        let isFixed = try stored.integer("fixedRank", in: 0...1) == 1
        let codes = try SenseCodes(
            tokenCount: stored.integer("tokens", in: 0...SenseCodes.maximumTokens),
            fixedRank: isFixed ? rank : nil,
            maximumRank: rank,
            packedRanks: isFixed ? [] : stored.bytes("ranks"),
            unitCounts: tables.unitCounts,
            packedUnits: stored.bytes("codes")
        )
        guard codes.maximumRank == rank else {
            throw .damaged(.value, "maximumRank", "\(rank), but the greatest rank is \(codes.maximumRank)")
        }
        var gains: SenseGains?
        if stored.contains("gains") {
            let levels = try stored.numbers("gains.levels", count: 2, as: .float32)
            gains = try SenseGains(
                bits: stored.integer("gainBits", in: SenseGains.widths),
                low: levels[0],
                ratio: levels[1],
                packed: stored.bytes("gains"),
                senseCount: codes.senseCount
            )
        }
        let meanType = Self.meanType(factorType)
        let mean = stored.contains("mean") ? try stored.numbers("mean", count: shape.dimension, as: meanType) : nil
        try self.init(tables: tables, codes: codes, gains: gains, mean: mean)
    }

    /// The name of the form.
    public static let form = "see"
}

extension StoredEmbedding.Array {
    static func packed(_ name: String, _ bits: BitSequence) -> Self {
        Self(name: name, element: .bytes, shape: [bits.byteCount], bytes: bits.bytes)
    }

    static func numbers(_ name: String, _ values: [Float], as type: FactorType) -> Self {
        Self(name: name, element: .factors(type), shape: [values.count], bytes: type.encode(values))
    }
}
