import Checkpoints
import Entanglement
import LinearAlgebra
import TensorFile
import Transformer

/// A vocabulary table of the student on its way: what of it trains, and the stored form that it goes back to.
///
/// Factors alone train themselves. Of a table with a coded residual, or in a rival's form of other numbers, the dense table trains:
/// θ in float32, from the teacher's table on. The model sees θ + Δ, with Δ = code(θ₀) − θ₀ the error of its stored form at
/// some earlier θ₀, which `refresh` renews; the gradient goes to θ as it is (a straight-through estimate, Bengio et al. 2013).
/// So the rest of the model meets the error that the stored table will have. θ begins at the teacher's table, not at what is
/// stored: that would be coded twice, and have the errors of both.
final class StudentTable {
    /// What of it trains.
    private enum Numbers {
        case factors(FactoredStudentTable)
        case dense(ParameterSet, ParameterBlock)
    }

    /// How it is stored.
    let recoding: TableRecoding
    /// Its place in the model.
    let block: ParameterBlock
    private let model: ParameterSet
    private let numbers: Numbers
    /// Δ, row after row; empty where factors train.
    private(set) var offset: [Float]

    /// The table of `recoding` at `block` of `model`, which holds its numbers already and becomes derived; `teacher` is the
    /// table that it stands for, of the same shape.
    init(
        _ recoding: TableRecoding,
        in model: ParameterSet,
        at block: ParameterBlock,
        teacher: MatrixView<Float>
    ) {
        (self.recoding, self.model, self.block) = (recoding, model, block)
        if let form = recoding.trainableForm {
            numbers = .factors(
                FactoredStudentTable(form, named: recoding.entry.name, in: model, table: block)
            )
            offset = []
        } else {
            var plan = ParameterPlan()
            let dense = plan.add([recoding.entry.name + ".dense"], rows: [block.rows], columns: block.columns) {
                $0.update(from: teacher.base, count: block.count)
            }
            numbers = .dense(ParameterSet(plan), dense)
            let stored = model.view(block)
            offset = (0..<block.count).map { stored.base[$0] - teacher.base[$0] }
            model.assign(.derived, to: block)
        }
    }

    /// The table's name.
    var name: String { recoding.entry.name }

    /// What trains.
    var parameters: ParameterSet {
        switch numbers {
        case .factors(let table): table.factors
        case .dense(let set, _): set
        }
    }

    /// Whether it is made of factors, which train themselves.
    var isFactored: Bool {
        if case .factors = numbers { true } else { false }
    }

    /// Before the end: from now on the model sees the factors as they are stored, so that both can get used to the rounding.
    ///
    /// - Parameter isRounded: whether a part of theirs is rounded for good already, in a training that goes on.
    func seeStored(isRounded: Bool) throws {
        guard case .factors(let table) = numbers else { return }
        do {
            try table.settle(isRounded: isRounded)
        } catch {
            throw error.inFile(name, place: "training")
        }
    }

    /// Whether `refresh` changes anything.
    var isDense: Bool { !offset.isEmpty }

    /// Writes what trains into the model's table.
    func rebuild() {
        switch numbers {
        case .factors(let table): table.rebuild()
        case .dense(let set, let dense):
            let (source, target) = (set.view(dense), model.mutableView(block))
            offset.withUnsafeBufferPointer { offset in
                guard let base = offset.baseAddress else { return }
                let delta = MatrixView(base, rows: block.rows, columns: block.columns)
                Parallel.forEachChunk(of: block.rows, size: Self.rowsPerChunk) { rows in
                    let range = rows.lowerBound * source.columns..<rows.upperBound * source.columns
                    for index in range { target.base[index] = source.base[index] + delta.base[index] }
                }
            }
        }
    }

    /// Takes the gradient of the model's table to what trains.
    func collectGradient() {
        switch numbers {
        case .factors(let table): table.collectGradient()
        case .dense(let set, let dense):
            let (source, target) = (model.gradient(block), set.gradient(dense))
            Parallel.forEachChunk(of: block.rows, size: Self.rowsPerChunk) { rows in
                let first = rows.lowerBound * source.columns
                (target.base + first).update(from: source.base + first, count: rows.count * source.columns)
            }
        }
    }

    /// Rows that one thread takes at a time.
    private static let rowsPerChunk = 512

    /// The table as it would be stored now.
    ///
    /// - Throws: kind `value` where a number is not finite.
    func stored(_ progress: (Double) -> Void) throws -> FactoredEntry {
        switch numbers {
        case .factors(let table):
            do {
                return recoding.entry(storing: try table.stored())
            } catch {
                throw error.inFile(name, place: "training")
            }
        case .dense: return try recoding.recoded(matrix(), progress: progress)
        }
    }

    /// The dense table that trains, or that the factors make.
    private func matrix() throws -> Matrix {
        let elements: [Float]
        switch numbers {
        case .factors:
            rebuild()
            elements = Array(UnsafeBufferPointer(start: model.view(block).base, count: block.count))
        case .dense(let set, let dense):
            elements = Array(UnsafeBufferPointer(start: set.view(dense).base, count: block.count))
        }
        guard elements.allSatisfy(\.isFinite) else {
            throw TensorFileError(
                .value,
                place: name,
                cause: "training made a number that is not finite",
                remedy: "lower the learning rate"
            )
        }
        return Matrix(rows: block.rows, columns: block.columns, elements: elements)
    }

    /// Measures Δ anew: codes the table and takes it apart again.
    func refresh(_ progress: (Double) -> Void) throws {
        guard isDense else { return }
        let table = try matrix()
        let coded = try recoding.dense(try recoding.recoded(table, progress: progress))
        for index in offset.indices { offset[index] = coded.elements[index] - table.elements[index] }
    }

    /// Puts back a Δ that was kept; false where it is none of this table's.
    func restore(offset: [Float]) -> Bool {
        guard offset.count == self.offset.count, offset.allSatisfy(\.isFinite) else { return false }
        self.offset = offset
        return true
    }

    /// Stores the table, puts what is stored into the model, and measures what storing lost: ‖T − T̂‖ / ‖T‖ (Frobenius)
    /// of the trained table T.
    func settle(_ progress: (Double) -> Void) throws -> (entry: FactoredEntry, codingError: Double) {
        let trained = try matrix()
        let entry = try stored(progress)
        let dense = try recoding.dense(entry)
        let target = model.mutableView(block)
        var (difference, norm) = (0.0, 0.0)
        for index in trained.elements.indices {
            let (old, new) = (trained.elements[index], dense.elements[index])
            target.base[index] = new
            difference += Double(old - new) * Double(old - new)
            norm += Double(old) * Double(old)
        }
        return (entry, norm > 0 ? (difference / norm).squareRoot() : 0)
    }
}
