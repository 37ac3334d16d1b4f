import LinearAlgebra

/// A table as sums of codebook entries: every stage has a codebook that covers a range of the columns, and each token
/// picks one entry of every stage. Product quantisation has stages side by side, residual quantisation one over another.
public struct QuantizedTable: StorableTable {
    /// The name of the form.
    public static let form = "quantized"

    /// One codebook.
    public struct Stage: Sendable {
        /// The columns that it covers.
        public let columns: Range<Int>
        /// `[entries, columns]`, rounded to half precision.
        public let centroids: Matrix

        init(columns: Range<Int>, centroids: Matrix) {
            self.columns = columns
            self.centroids = Matrix(
                rows: centroids.rows,
                columns: centroids.columns,
                elements: FactorType.float16.rounded(centroids.elements)
            )
        }
    }

    /// The number of tokens.
    public let tokenCount: Int
    /// The length of a vector.
    public let dimension: Int
    /// The bits of one index; every codebook has 2^bits entries.
    public let bits: Int
    /// The codebooks.
    public let stages: [Stage]
    /// A token's indices stage after stage, token after token.
    let codes: BitSequence

    /// - Parameter indices: for each stage the entry of each token.
    init(tokenCount: Int, dimension: Int, bits: Int, stages: [Stage], indices: [[Int]]) {
        (self.tokenCount, self.dimension, self.bits, self.stages) = (tokenCount, dimension, bits, stages)
        var codes = BitSequence(bitCount: tokenCount * stages.count * bits)
        for (stage, entries) in indices.enumerated() {
            for (token, entry) in entries.enumerated() {
                codes.set(entry, at: (token * stages.count + stage) * bits, width: bits)
            }
        }
        self.codes = codes
    }

    /// Whether the codebooks lie side by side, each over columns of its own.
    var isProduct: Bool { stages.contains { $0.columns.count < dimension } }

    /// Codebooks and codes.
    public var parts: [StoredPart] {
        let numbers = stages.reduce(0) { $0 + $1.centroids.elements.count }
        return [
            StoredPart("codebooks", numbers: numbers, bytes: FactorType.float16.byteCount(of: numbers)),
            StoredPart("codes", numbers: tokenCount * stages.count, isIndex: true, bytes: codes.byteCount),
        ]
    }

    /// Writes the vectors of `tokens`.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        for (line, token) in tokens.enumerated() {
            for x in 0..<dimension { rows[line * dimension + x] = 0 }
            for (number, stage) in stages.enumerated() {
                let entry = codes.field(at: (token * stages.count + number) * bits, width: bits)
                let start = line * dimension + stage.columns.lowerBound
                stage.centroids.withRow(entry) { centroid in
                    for x in 0..<centroid.count { rows[start + x] += centroid[x] }
                }
            }
        }
    }

    /// Arrays `codebooks` (one after the other) and `codes`.
    public var stored: StoredEmbedding {
        let numbers = stages.flatMap(\.centroids.elements)
        return StoredEmbedding(
            form: Self.form,
            of: self,
            [
                ("bits", .integer(bits)), ("firstColumns", .integers(stages.map(\.columns.lowerBound))),
                ("endColumns", .integers(stages.map(\.columns.upperBound))),
            ],
            [.numbers("codebooks", numbers, as: .float16), .packed("codes", codes)]
        )
    }

    /// The table from its stored form.
    public init(stored: StoredEmbedding) throws(EntanglementError) {
        let (tokens, dimension) = try stored.header(form: Self.form)
        (tokenCount, self.dimension) = (tokens, dimension)
        bits = try stored.integer("bits", in: 1...16)
        let (first, end) = (try stored.integers("firstColumns"), try stored.integers("endColumns"))
        guard first.count == end.count, first.count <= 1 << 16,
            zip(first, end).allSatisfy({ $0 >= 0 && $0 < $1 && $1 <= dimension })
        else { throw .damaged(.size, "firstColumns", "stages outside the \(dimension) columns") }
        let widths = zip(first, end).map { $1 - $0 }
        let count = try checkedProduct([1 << bits, widths.reduce(0, +)], part: "codebooks")
        let numbers = try stored.finiteNumbers("codebooks", count: count, as: .float16)
        var start = 0
        var stages: [Stage] = []
        for (ends, width) in zip(zip(first, end), widths) {
            let elements = Array(numbers[start..<start + width << bits])
            let centroids = Matrix(rows: 1 << bits, columns: width, elements: elements)
            stages.append(Stage(columns: ends.0..<ends.1, centroids: centroids))
            start += width << bits
        }
        self.stages = stages
        let bitCount = try checkedProduct([tokenCount, stages.count, bits], part: "codes")
        guard let codes = BitSequence(bytes: try stored.bytes("codes"), bitCount: bitCount) else {
            throw .damaged(.size, "codes", "not \(bitCount) bits")
        }
        self.codes = codes
    }
}

/// Product quantisation (Jégou and others 2011): the columns in equal parts, each with its own k-means codebook in
/// half precision.
public struct ProductQuantization: TableMethod {
    /// The name on the command line.
    public static let name = "pq"

    /// The method.
    public init() {}

    /// Of indices of 4, 6, 8 and 10 bits with as many parts as the budget allows, the one with the least error after a
    /// few rounds of k-means, then with all rounds.
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        var best: (error: Double, parts: Int, bits: Int)?
        var least = Int.max
        for bits in [4, 6, 8, 10] where 1 << bits <= max(16, table.rows / 4) {
            let codebooks = FactorType.float16.byteCount(of: table.columns << bits)
            least = min(least, codebooks + (table.rows * bits + 7) / 8)
            let room = 8 * (budgetBytes - codebooks)
            let parts = min(table.columns, room / max(1, table.rows * bits))
            guard room > 0, parts > 0 else { continue }
            let trial = quantized(table, parts: parts, bits: bits, iterations: 4, seed: seed)
            let error = trial.relativeErrors(against: table).plain
            if error < best?.error ?? .infinity { best = (error, parts, bits) }
        }
        guard let best else { throw infeasible(table, budget: budgetBytes, least: least) }
        return quantized(table, parts: best.parts, bits: best.bits, seed: seed)
    }

    /// The table with `parts` codebooks of 2^`bits` entries.
    func quantized(
        _ table: Matrix,
        parts: Int,
        bits: Int,
        iterations: Int = 25,
        seed: UInt64
    ) -> QuantizedTable {
        var stages: [QuantizedTable.Stage] = []
        var indices: [[Int]] = []
        for part in 0..<parts {
            let columns = part * table.columns / parts..<(part + 1) * table.columns / parts
            let points = table.columns(columns)
            let stage = QuantizedTable.Stage(
                columns: columns,
                centroids: KMeans(points, count: 1 << bits, iterations: iterations, seed: seed &+ UInt64(part))
                    .centroids
            )
            stages.append(stage)
            indices.append(KMeans(centroids: stage.centroids).assign(points))
        }
        return QuantizedTable(
            tokenCount: table.rows,
            dimension: table.columns,
            bits: bits,
            stages: stages,
            indices: indices
        )
    }
}

/// Residual quantisation (Chen and others 2010): every stage quantises what the stages before it left, greedily.
public struct ResidualQuantization: TableMethod {
    /// The name on the command line.
    public static let name = "rq"

    /// The method.
    public init() {}

    /// Of indices of 4, 6 and 8 bits with as many stages as the budget allows, the one with the least error.
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        var best: (error: Double, table: QuantizedTable)?
        var least = Int.max
        for bits in [4, 6, 8] where 1 << bits <= max(16, table.rows / 4) {
            let stage = FactorType.float16.byteCount(of: table.columns << bits) + (table.rows * bits + 7) / 8
            least = min(least, stage)
            let count = min(256, budgetBytes / max(1, stage))
            guard count > 0 else { continue }
            let candidate = quantized(table, stages: count, bits: bits, seed: seed)
            let error = candidate.relativeErrors(against: table).plain
            if error < best?.error ?? .infinity { best = (error, candidate) }
        }
        guard let best else { throw infeasible(table, budget: budgetBytes, least: least) }
        return best.table
    }

    /// The table with `stages` codebooks of 2^`bits` entries.
    func quantized(_ table: Matrix, stages count: Int, bits: Int, seed: UInt64) -> QuantizedTable {
        var residual = table
        var stages: [QuantizedTable.Stage] = []
        var indices: [[Int]] = []
        for number in 0..<count {
            let means = KMeans(residual, count: 1 << bits, iterations: 10, seed: seed &+ UInt64(number))
            let stage = QuantizedTable.Stage(columns: 0..<table.columns, centroids: means.centroids)
            let entries = KMeans(centroids: stage.centroids).assign(residual)
            residual.fillRows(chunkRows: 512) { rows, elements in
                for (line, row) in rows.enumerated() {
                    stage.centroids.withRow(entries[row]) { centroid in
                        for x in 0..<centroid.count { elements[line * centroid.count + x] -= centroid[x] }
                    }
                }
            }
            stages.append(stage)
            indices.append(entries)
        }
        return QuantizedTable(
            tokenCount: table.rows,
            dimension: table.columns,
            bits: bits,
            stages: stages,
            indices: indices
        )
    }
}

extension Matrix {
    /// The columns in `range` as a matrix of their own.
    fileprivate func columns(_ range: Range<Int>) -> Matrix {
        var elements: [Float] = []
        elements.reserveCapacity(rows * range.count)
        for row in 0..<rows {
            elements += self.row(row)[(row * columns + range.lowerBound)..<(row * columns + range.upperBound)]
        }
        return Matrix(rows: rows, columns: range.count, elements: elements)
    }
}
