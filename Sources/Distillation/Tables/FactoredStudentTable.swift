import Entanglement
import LinearAlgebra
import Transformer

/// A vocabulary table of a student that is made of factors: the model in training holds the dense table, whose values are
/// rebuilt from the factors before a step and whose gradient is taken back to them after it.
///
///     table.rebuild()                                  // factors → the model's dense table
///     model.parameters.clearGradients(); table.factors.clearGradients()
///     _ = try model.lossAndGradients(…)                // fills the dense table's gradient
///     table.collectGradient()                          // dense gradient → factors
///     try optimiser.step(rate: …)                      // AdamW([table.factors, model.parameters])
public final class FactoredStudentTable {
    /// The factors' numbers, named as in the factored layout: `NAME.see.units.1` …
    public let factors: ParameterSet
    /// Their form.
    public let form: any TrainableForm
    private let block: ParameterBlock
    private let model: ParameterSet
    private let table: ParameterBlock
    /// Whether the model sees the factors as they would be stored now, rounded. Gradients then pass to the numbers that train as
    /// though nothing had been rounded (a straight-through estimate, Bengio et al. 2013).
    public var seesStored = false
    /// The factors as they would be stored at the last `rebuild`; empty where the model sees them as they are.
    private var rounded: [Float] = []
    /// What is added to the factors' table and is not trained: a coded residual, say; nil for nothing.
    private let base: Matrix?

    /// The table `table` of `model`, which becomes derived, made of the factors of `form`.
    ///
    /// - Parameters:
    ///   - name: the tensor's name without `.weight`.
    ///   - base: added to what the factors make, `[tokens, width]`.
    /// - Precondition: shapes are the same.
    public init(
        _ form: any TrainableForm,
        named name: String,
        in model: ParameterSet,
        table: ParameterBlock,
        base: Matrix? = nil
    ) {
        precondition(table.rows == form.tokenCount && table.columns == form.dimension, "another table")
        precondition(base.map { $0.rows == table.rows && $0.columns == table.columns } ?? true, "another base")
        var plan = ParameterPlan()
        block = plan.add(form.parts.map { "\(name).see.\($0.name)" }, shapes: form.parts.map(\.shape)) { form.fill($0) }
        factors = ParameterSet(plan)
        (self.form, self.model, self.table, self.base) = (form, model, table, base)
        model.assign(.derived, to: table)
    }

    /// Writes the table that the factors make, of `tokens` only where they are given, into the model.
    public func rebuild(tokens: [Int]? = nil) {
        let target = model.mutableView(table)
        if seesStored { round() } else { rounded = [] }
        withSeenFactors { form.write($0, tokens: tokens, to: target) }
        guard let base else { return }
        base.withView { base in
            let numbers = tokens?.count ?? target.rows
            Parallel.forEachChunk(of: numbers, size: 256) { range in
                for place in range {
                    let row = tokens?[place] ?? place
                    axpy(
                        1,
                        base.base + row * base.rowStride,
                        target.base + row * target.rowStride,
                        count: target.columns
                    )
                }
            }
        }
    }

    /// Adds the gradient of the model's table to that of the factors.
    ///
    /// - Parameter tokens: those whose gradient is not 0, each once; nil for all.
    public func collectGradient(tokens: [Int]? = nil) {
        let gradient = model.gradient(table)
        withSeenFactors { seen in
            form.addGradient(
                of: MatrixView(gradient.base, rows: gradient.rows, columns: gradient.columns),
                rows: tokens,
                seen,
                to: factors.gradient(block)
            )
        }
    }

    /// Calls `body` with the numbers that the model's table is made of.
    private func withSeenFactors(_ body: (MatrixView<Float>) -> Void) {
        guard !rounded.isEmpty else { return body(factors.view(block)) }
        rounded.withUnsafeBufferPointer { seen in
            guard let base = seen.baseAddress else { return }
            body(MatrixView(base, rows: 1, columns: seen.count))
        }
    }

    /// Before the end: from now on the model sees the factors as they are stored, so that both can get used to the rounding. What
    /// is stored in few bits is rounded for good and trains no more: its levels, fitted anew in every step, would move all of it
    /// whenever one number does.
    ///
    /// - Parameter isRounded: whether that has happened before, in a training that goes on.
    /// - Throws: kind `value` where a number is not finite.
    public func settle(isRounded: Bool) throws(EntanglementError) {
        seesStored = true
        guard let part = form.coarsePart else { return }
        func isCoarse(_ parameter: Parameter) -> Bool { parameter.name.hasSuffix(".see." + part) }
        if !isRounded {
            var rounded = [Float](repeating: 0, count: form.count)
            try form.round(factors.view(block).base, to: &rounded)
            // The factors are the only block of their set, and begin it.
            for parameter in factors.parameters where isCoarse(parameter) {
                for index in parameter.range { factors.values[index] = rounded[index] }
            }
        }
        factors.assignRoles { isCoarse($0) ? .frozen : .trained }
    }

    /// Rounds the factors for the model's eyes. Numbers that are not finite cannot be: then it sees them as they are, and storing
    /// them says so.
    private func round() {
        if rounded.isEmpty { rounded = [Float](repeating: 0, count: form.count) }
        let isDone = rounded.withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return false }
            return (try? form.round(factors.view(block).base, to: base)) != nil
        }
        if !isDone { rounded = [] }
    }

    /// The table of the factors now, rounded as it is stored.
    ///
    /// - Throws: kind `value` where a number is not finite.
    public func stored() throws(EntanglementError) -> any StorableTable {
        try form.storedTable(factors.view(block).base)
    }
}
