import Entanglement
import JSONText
import LinearAlgebra
import ResidualCoding
import TensorFile

/// All methods side by side on one table, at the same byte budgets.
public struct MethodComparison: Sendable {
    /// What one method reached at one budget.
    public struct Row: Sendable {
        /// The method's name.
        public var method: String
        /// Where its codes come from; empty where it has none.
        public var codes: String
        /// The ratio asked for; nil for a block type, which has its own.
        public var targetRatio: Double?
        /// Bytes of the table in the checkpoint for each byte stored.
        public var byteRatio: Double
        /// The same against the table in float32.
        public var byteRatioFloat32: Double
        /// ‖E − Ê‖ / ‖E‖ (Frobenius, root), all tokens alike.
        public var relativeError: Double
        /// The same with each token's squares weighted by its frequency.
        public var weightedRelativeError: Double
        /// Relative error in tenths of the tokens, the most frequent first.
        public var errorByFrequency: [Double]
        /// Wall-clock seconds of the fit.
        public var seconds: Double
    }

    /// A method that cannot meet a budget, and why.
    public struct Failure: Sendable {
        /// The method's name.
        public var method: String
        /// The ratio asked for.
        public var targetRatio: Double
        /// Why not, in one line.
        public var cause: String
    }

    /// The table's name.
    public let tableName: String
    /// `[tokens, dimension]`.
    public let shape: [Int]
    /// What was reached, by budget and then by method.
    public private(set) var rows: [Row] = []
    /// What was not.
    public private(set) var failures: [Failure] = []
    /// The Gaussian bound at each ratio to F32.
    public private(set) var bound: [(byteRatioFloat32: Double, relativeError: Double)] = []
    /// Eigenvalues of the scaled rows' covariance, largest first.
    public let spectrum: [Double]

    private let table: Matrix
    private let sourceBytes: Int
    private let probabilities: [Double]
    private let byFrequency: [Int]

    /// A comparison on `table`, whose rows have the given relative frequencies; nothing has run yet.
    public init(tableName: String, table: Matrix, sourceBytes: Int, probabilities: [Double], ratios: [Double]) throws {
        (self.tableName, self.table, self.sourceBytes) = (tableName, table, sourceBytes)
        self.probabilities = probabilities
        shape = [table.rows, table.columns]
        // A stable order: equal frequencies by token.
        byFrequency = (0..<table.rows).sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
        let limit = try RateDistortionBound(table)
        spectrum = limit.spectrum
        let float32 = Double(table.elements.count * 4)
        bound = ratios.map { ratio in
            let bytes = Double(sourceBytes) / ratio
            return (float32 / bytes, limit.relativeError(atBytes: bytes))
        }
    }

    /// Runs `method` at `ratio` and adds its row, or the reason for which there is none.
    public mutating func run(_ method: ComparedMethod, ratio: Double, seed: UInt64) throws {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let made = try method.fit(table, budgetBytes: Int(Double(sourceBytes) / ratio), seed: seed)
            let seconds = (clock.now - start) / .seconds(1)
            add(
                Row(
                    method: method.name,
                    codes: method.codes,
                    targetRatio: ratio,
                    byteRatio: made.byteRatio(against: sourceBytes),
                    byteRatioFloat32: made.byteRatio(),
                    relativeError: 0,
                    weightedRelativeError: 0,
                    errorByFrequency: [],
                    seconds: seconds
                ),
                rebuilt: made.dense
            )
        } catch let error as EntanglementError where error.kind == .infeasible {
            failures.append(Failure(method: method.name, targetRatio: ratio, cause: error.cause))
        } catch let error as ResidualCodingError where error.kind == .infeasible {
            failures.append(Failure(method: method.name, targetRatio: ratio, cause: error.cause))
        }
    }

    /// Adds a row for a GGUF block type, whose ratio is its own; false where its blocks do not fit the rows.
    @discardableResult
    public mutating func run(blockType type: ElementType) throws -> Bool {
        guard type.isBlockQuantised, type.isEncodable, table.columns % type.geometry.elements == 0 else {
            return false
        }
        let clock = ContinuousClock()
        let start = clock.now
        let bytes = try ValueCodec.bytes(of: table.elements, as: type)
        let seconds = (clock.now - start) / .seconds(1)
        let values = try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: table.elements.count) }
        add(
            Row(
                method: type.name.lowercased(),
                codes: "",
                targetRatio: nil,
                byteRatio: Double(sourceBytes) / Double(bytes.count),
                byteRatioFloat32: Double(table.elements.count * 4) / Double(bytes.count),
                relativeError: 0,
                weightedRelativeError: 0,
                errorByFrequency: [],
                seconds: seconds
            ),
            rebuilt: Matrix(rows: table.rows, columns: table.columns, elements: values)
        )
        return true
    }

    private mutating func add(_ row: Row, rebuilt: Matrix) {
        var row = row
        var errors = [Double](repeating: 0, count: table.rows)
        var norms = errors
        for token in 0..<table.rows {
            table.withRow(token) { original in
                errors[token] = rebuilt.withRow(token) { squaredDistance(original, $0) }
                norms[token] = sumOfSquares(original)
            }
        }
        func relative(_ tokens: some Sequence<Int>, _ weight: (Int) -> Double) -> Double {
            var (error, norm) = (0.0, 0.0)
            for token in tokens {
                error += weight(token) * errors[token]
                norm += weight(token) * norms[token]
            }
            return norm > 0 ? (error / norm).squareRoot() : 0
        }
        row.relativeError = relative(0..<table.rows) { _ in 1 }
        row.weightedRelativeError = relative(0..<table.rows) { probabilities[$0] }
        row.errorByFrequency = (0..<10).map { tenth in
            relative(byFrequency[table.rows * tenth / 10..<table.rows * (tenth + 1) / 10]) { _ in 1 }
        }
        rows.append(row)
    }

    /// The stable JSON of `compare --json`.
    public var json: JSONValue {
        [
            "table": .string(tableName),
            "shape": .array(shape.map { .integer($0) }),
            "rows": .array(
                rows.map { row in
                    [
                        "method": .string(row.method), "codes": .string(row.codes),
                        "targetRatio": row.targetRatio.map { .number($0) } ?? .null,
                        "byteRatio": .number(row.byteRatio), "byteRatioFloat32": .number(row.byteRatioFloat32),
                        "relativeError": .number(row.relativeError),
                        "weightedRelativeError": .number(row.weightedRelativeError),
                        "errorByFrequency": .array(row.errorByFrequency.map { .number($0) }),
                        "seconds": .number(row.seconds),
                    ]
                }
            ),
            "infeasible": .array(
                failures.map { failure in
                    [
                        "method": .string(failure.method), "targetRatio": .number(failure.targetRatio),
                        "cause": .string(failure.cause),
                    ]
                }
            ),
            "bound": .array(
                bound.map { point in
                    [
                        "byteRatioFloat32": .number(point.byteRatioFloat32),
                        "relativeError": .number(point.relativeError),
                    ]
                }
            ),
        ]
    }
}
