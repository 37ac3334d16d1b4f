import Checkpoints
import Entanglement
import LinearAlgebra
import TensorFile
import Transformer

/// How a factored table takes part in a model.
public enum TableForm: String, Sendable, CaseIterable {
    /// From its factors where that is at least as fast as from the dense matrix, by a short measurement; else dense.
    case automatic
    /// From its factors, wherever its form allows.
    case factored
    /// As the dense matrix, rebuilt when the model is opened.
    case dense

    /// The table of a model for `table`.
    func tokens(of table: FactorTable) throws -> any TokenTable {
        guard self != .dense, let head = FactoredHead(table.table), table.rowCount > 0 else {
            return DenseTable(WeightMatrix(try table.matrix()))
        }
        let factored = FactoredTokens(head)
        guard self == .automatic else { return factored }
        // Some rows are enough to know what the dense matrix costs, and any numbers: none need be decoded.
        let rows = min(table.rowCount, max(1, (1 << 22) / max(1, table.columnCount)))
        let sample = DenseTable(WeightMatrix(Matrix(rows: rows, columns: table.columnCount)))
        let factor = Double(table.rowCount) / Double(rows)
        let isFactored =
            HeadMeasurement.seconds(factored, repetitions: 3)
            <= factor * HeadMeasurement.seconds(sample, repetitions: 3)
        return isFactored ? factored : DenseTable(WeightMatrix(try table.matrix()))
    }
}

/// How long a head takes for one hidden vector.
public enum HeadMeasurement {
    /// The median of `repetitions` products with one vector, in seconds, after one that does not count.
    public static func seconds(_ head: any OutputHead, repetitions: Int) -> Double {
        var random = SplitMix64(seed: 1)
        let hidden = Matrix(rows: 1, columns: head.width, elements: (0..<head.width).map { _ in random.normal() })
        var logits = Matrix(rows: 1, columns: head.tokenCount)
        let clock = ContinuousClock()
        var times: [Double] = []
        for run in 0...max(1, repetitions) {
            let start = clock.now
            hidden.withView { hidden in logits.withMutableView { head.write(logitsOf: hidden, to: $0) } }
            if run > 0 { times.append((clock.now - start) / .seconds(1)) }
        }
        return times.sorted()[times.count / 2]
    }

    /// The factored tables of the workspace or factored checkpoint at `path`, by name.
    public static func tables(of path: String) throws -> [(name: String, table: FactorTable)] {
        let (source, file): (any TensorSource, String)
        if Workspace.isWorkspace(path) {
            let workspace = try Workspace(opening: path)
            (source, file) = (try workspace.openFactors(), workspace.factorsPath)
        } else {
            (source, file) = (try Checkpoint(opening: path).source, path)
        }
        guard let entries = try FactoredDescription(reading: source)?.entries, !entries.isEmpty else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "tables",
                cause: "nothing in it is factored",
                remedy: "factorize the workspace first"
            )
        }
        return try entries.map { ($0.name, try $0.table(in: file)) }
    }

    /// What one head took.
    public struct Row: Sendable {
        /// `factored`, or the type of the dense matrix.
        public let form: String
        /// Bytes that a product reads.
        public let byteCount: Int
        /// The median for one hidden vector.
        public let seconds: Double
    }

    /// Measures the head over `table` beside dense matrices of the same values in `formats`.
    public static func compare(_ table: FactorTable, formats: [WeightFormat], repetitions: Int) throws -> [Row] {
        func row(_ form: String, _ head: any OutputHead) -> Row {
            Row(form: form, byteCount: head.byteCount, seconds: seconds(head, repetitions: repetitions))
        }
        var rows: [Row] = []
        if let head = FactoredHead(table.table) { rows.append(row("factored", FactoredTokens(head))) }
        for format in formats where table.columnCount % format.block.values == 0 {
            rows.append(row(format.rawValue, DenseTable(try WeightMatrix(encoding: table, as: format))))
        }
        return rows
    }
}

extension WeightMatrix {
    /// The rows of `table` in `format`, whose blocks a row fills.
    fileprivate init(encoding table: FactorTable, as format: WeightFormat) throws {
        let (rows, columns) = (table.rowCount, table.columnCount)
        guard let type = format.elementType else {
            self.init(try table.matrix())
            return
        }
        let rowBytes = columns / format.block.values * format.block.bytes
        let memory = try WeightMemory(byteCount: rows * rowBytes) { target in
            try table.forEachPiece { range, values in
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: target[range.lowerBound * rowBytes..<range.upperBound * rowBytes]
                )
                try values.elements.withUnsafeBufferPointer { try ValueCodec.encode($0, as: type, into: part) }
            }
        }
        self.init(memory, as: format, rows: rows, columns: columns)
    }
}
