import LinearAlgebra

/// An embedding in sememe entanglement encoding: the vector of token v is
///
///     E(v) = mean + Σₖ g(v,k) · F₁[u(v,k,1)] ⊗ … ⊗ Fₒ[u(v,k,o)]        k = 1…rank(v), summed over copies
///
/// with unit tables F, codes u, gains g (1 where none are stored) and the product cut to its first d entries.
public struct EntangledEmbedding: FactoredTable, Equatable {
    /// The units' vectors.
    public let tables: UnitTables
    /// The units of each sense of each token.
    public let codes: SenseCodes
    /// The gain of each sense; nil where all are 1.
    public let gains: SenseGains?
    /// A vector that every token begins with; nil for none.
    public let mean: [Float]?

    /// The number V of tokens.
    public var tokenCount: Int { codes.tokenCount }
    /// The length d of a token's vector.
    public var dimension: Int { tables.shape.dimension }
    /// How products of slot vectors make a token's vector.
    public var shape: EntanglementShape { tables.shape }

    /// An embedding of the given parts. The mean is rounded to half precision, unless the factors are in float32.
    ///
    /// - Throws: kind `size` where the parts do not belong together, `value` for a mean that is not finite.
    public init(
        tables: UnitTables,
        codes: SenseCodes,
        gains: SenseGains? = nil,
        mean: [Float]? = nil
    ) throws(EntanglementError) {
        guard codes.unitCounts == tables.unitCounts else {
            throw .damaged(.size, "codes", "made for units \(codes.unitCounts), the tables have \(tables.unitCounts)")
        }
        if let gains, gains.packed.bitCount != codes.senseCount * gains.bits {
            throw .damaged(.size, "gains", "\(gains.packed.bitCount / gains.bits) gains for \(codes.senseCount) senses")
        }
        if let mean, mean.count != tables.shape.dimension || !mean.allSatisfy(\.isFinite) {
            throw .damaged(.value, "mean", "\(mean.count) numbers, or one that is not finite")
        }
        (self.tables, self.codes, self.gains) = (tables, codes, gains)
        self.mean = mean.map(Self.meanType(tables.factorType).rounded)
    }

    /// How the mean is stored beside factors of the given type.
    static func meanType(_ factorType: FactorType) -> FactorType { factorType == .float32 ? .float32 : .float16 }

    /// Every stored part: unit tables, codes, ranks, gains, mean.
    public var parts: [StoredPart] {
        var parts = tables.tableSizes.enumerated().map { slot, size in
            StoredPart("units.\(slot + 1)", numbers: size, bytes: tables.factorType.byteCount(of: size))
        }
        parts.append(
            StoredPart("codes", numbers: codes.senseCount * codes.order, isIndex: true, bytes: codes.byteCount)
        )
        if codes.fixedRank == nil {
            parts.append(StoredPart("ranks", numbers: codes.tokenCount, isIndex: true, bytes: codes.rankByteCount))
        }
        if let gains { parts.append(StoredPart("gains", numbers: codes.senseCount, bytes: gains.byteCount)) }
        if let mean {
            let bytes = Self.meanType(tables.factorType).byteCount(of: mean.count)
            parts.append(StoredPart("mean", numbers: mean.count, bytes: bytes))
        }
        return parts
    }

    /// Writes the vectors of `tokens`, one after the other, to `rows`. Every machine writes the same bits.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        let fold = Fold(shape)
        var head = [Float](repeating: 0, count: fold.longestCofactor)
        var sum = [Float](repeating: 0, count: fold.productLength)
        tables.withVectors { vector in
            for (i, token) in tokens.enumerated() {
                for x in 0..<dimension { sum[x] = mean?[x] ?? 0 }
                for sense in codes.senses(of: token) {
                    let gain = gains?.gain(ofSense: sense) ?? 1
                    for copy in 0..<tables.copies {
                        fold.addProduct(to: &sum, gain: gain, &head) { slot in
                            vector(slot, codes.unit(ofSense: sense, slot: slot), copy)
                        }
                    }
                }
                for x in 0..<dimension { rows[i * dimension + x] = sum[x] }
            }
        }
    }
}
