import LinearAlgebra

/// Products of hidden vectors with every token's vector of an entangled embedding, without the dense matrix.
///
/// A hidden vector h, folded to q₁ × … × qₒ, is contracted once with every unit of the last slot; a token's score is then, for each of
/// its senses, the product of that with the vectors of its other units:
///
///     ⟨E(v), h⟩ = ⟨mean, h⟩ + Σₖ g(v,k) · ⟨F₁[u₁] ⊗ … ⊗ Fₒ₋₁[uₒ₋₁], H · Fₒ[uₒ]⟩
///
/// That is units(o)·d + Σ_v rank(v)·(d/qₒ) multiplications (times copies) where the dense matrix has V·d: fewer only where the mean rank is
/// below qₒ.
public struct EntangledHead: Sendable {
    private let embedding: EntangledEmbedding
    /// For each sense, its unit in every slot.
    private let units: [UInt32]
    /// For each sense its gain; empty where all are 1.
    private let gains: [Float]
    private let fold: Fold
    /// For each copy the units of the last slot, `[units, size]`.
    private let lastUnits: [Matrix]
    private let headLength: Int
    private let meanRow: [Float]

    /// The number of tokens.
    public var tokenCount: Int { embedding.tokenCount }
    /// The length of a hidden vector.
    public var dimension: Int { embedding.dimension }
    /// Bytes that a product reads.
    public var byteCount: Int {
        4 * (units.count + gains.count + embedding.tables.tableSizes.reduce(0, +))
    }

    /// Unpacks the codes of `embedding`.
    public init(_ embedding: EntangledEmbedding) {
        self.embedding = embedding
        let codes = embedding.codes
        let order = codes.order
        var units = [UInt32](repeating: 0, count: codes.senseCount * order)
        for sense in 0..<codes.senseCount {
            for slot in 0..<order { units[sense * order + slot] = UInt32(codes.unit(ofSense: sense, slot: slot)) }
        }
        self.units = units
        gains = embedding.gains.map { gains in (0..<codes.senseCount).map(gains.gain(ofSense:)) } ?? []
        fold = Fold(embedding.shape)
        let tables = embedding.tables
        let (count, size) = (tables.unitCounts[order - 1], embedding.shape.slotSizes[order - 1])
        let table = tables.table(ofSlot: order - 1)
        lastUnits = (0..<tables.copies).map { copy in
            Matrix(rows: count, columns: size, elements: Array(table[copy * count * size..<(copy + 1) * count * size]))
        }
        headLength = fold.productLength / size
        meanRow = embedding.mean ?? [Float](repeating: 0, count: embedding.dimension)
    }

    /// Tokens whose scores one thread computes at a time.
    private static let chunkTokens = 256

    /// Writes ⟨E(v), h⟩ for every h, a row of `hidden` `[n, dimension]`, and every token v to `logits` `[n, tokenCount]`.
    public func multiply(_ hidden: MatrixView<Float>, into logits: MutableMatrixView<Float>) {
        precondition(hidden.columns == dimension && hidden.columnStride == 1, "\(dimension) elements a hidden vector")
        precondition(logits.columns == tokenCount && logits.rows == hidden.rows, "a logit for each token and vector")
        for n in 0..<hidden.rows {
            let source = UnsafeBufferPointer(start: hidden.base + n * hidden.rowStride, count: dimension)
            let padding = [Float](repeating: 0, count: fold.productLength - dimension)
            let folded = Matrix(
                rows: headLength,
                columns: fold.productLength / headLength,
                elements: Array(source) + padding
            )
            let contracted = lastUnits.map { Matrix.product($0, folded, transposingSecond: true) }
            let base = Float(preciseDot(meanRow.span, source.span))
            Parallel.forEachChunk(of: tokenCount, size: Self.chunkTokens) { tokens in
                var head = [Float](repeating: 0, count: headLength)
                let scores = logits.base + n * logits.rowStride
                for token in tokens { scores[token] = base + score(token, contracted, &head) }
            }
        }
    }

    private func score(_ token: Int, _ contracted: [Matrix], _ head: inout [Float]) -> Float {
        let order = fold.order
        var sum: Float = 0
        embedding.tables.withVectors { vector in
            for sense in embedding.codes.senses(of: token) {
                let last = Int(units[sense * order + order - 1])
                var product: Float = 0
                for (copy, contracted) in contracted.enumerated() {
                    contracted.withRow(last) { row in
                        row.withUnsafeBufferPointer { row in
                            guard let row = row.baseAddress else { return }
                            if order == 2 {
                                product += dot(vector(0, Int(units[sense * order]), copy), row, count: headLength)
                            } else {
                                fold.setCofactor(&head, of: order - 1, gain: 1) { slot in
                                    vector(slot, Int(units[sense * order + slot]), copy)
                                }
                                product += dot(head, row, count: headLength)
                            }
                        }
                    }
                }
                sum += (gains.isEmpty ? 1 : gains[sense]) * product
            }
        }
        return sum
    }
}
