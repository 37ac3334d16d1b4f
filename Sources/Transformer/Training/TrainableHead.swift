import Kernels
import LinearAlgebra

/// The last step of a model in training, with its losses: scores s = E h + b are computed for some positions at a time, turned
/// into their gradients in place, and never held for a whole batch.
///
/// With p the softmax of s, q that of s/τ, t the teacher's, ε the smoothing and V the number of tokens:
/// hard = −(1−ε) log p[label] − ε/V Σ log p, of gradient p − (1−ε) 1[label] − ε/V; soft = τ² KL(t ‖ q), of gradient
/// τ (q − t). Backward, dL/dh = Eᵀ dL/ds, dL/dE = Σ dL/ds hᵀ, dL/db = Σ dL/ds.
struct TrainableHead {
    /// E `[tokens, width]`, which may be the embedding.
    let table: ParameterBlock
    /// b; nil for none.
    let bias: ParameterBlock?

    /// Tokens that have a score.
    var tokenCount: Int { table.rows }

    /// Numbers of scores at a time: about what the outer cache holds.
    private static let blockSize = 1 << 21

    /// The label of a position that has none.
    static let noLabel = -1

    /// The head of `head`, whose matrix is `table` unless it has one of its own, called `name`.
    init(
        _ head: any OutputHead,
        shared table: ParameterBlock?,
        named name: String,
        bias biasName: String,
        in plan: inout ParameterPlan
    ) {
        let base = (head as? BiasedHead)?.base ?? head
        if let table {
            self.table = table
        } else {
            // Every head of the runtime is a table too.
            guard let own = base as? any EmbeddingTable else { preconditionFailure("a head without a matrix") }
            self.table = plan.add(name, table: own)
        }
        bias = (head as? BiasedHead).map { plan.add(biasName, vector: $0.bias) }
    }

    /// The head in use, with a copy of the bias; `table` comes from outside, as it may be shared.
    func head(_ table: any OutputHead, _ parameters: ParameterSet) -> any OutputHead {
        bias.map { BiasedHead(base: table, bias: parameters.numbers($0)) } ?? table
    }

    /// Where scores of `last` come from.
    func source(_ last: MatrixView<Float>, _ parameters: ParameterSet) -> ScoreSource {
        ScoreSource(last: last, head: parameters.view(table), bias: bias.map(parameters.view))
    }

    /// Writes the gradient of the losses by `last` to `gradient`, both `[T, width]`, and adds those of E and b; zeros where the
    /// pass does not differentiate.
    ///
    /// - Parameters:
    ///   - labels: the token that belongs to each position; `noLabel` for none.
    ///   - counts: what the means are taken over.
    /// - Returns: hard and soft losses, as shares of the means.
    func lossAndGradients(
        _ last: MatrixView<Float>,
        labels: [Int],
        teacher: ScoreSource?,
        _ weights: LossWeights,
        counts: LossCounts,
        into gradient: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) -> (hard: Double, soft: Double) {
        precondition(labels.count == last.rows && weights.temperature > 0, "a label for each position")
        let hasLoss = weights.hard != 0 || weights.soft != 0
        if !hasLoss || !pass.differentiates {
            gradient.base.update(repeating: 0, count: gradient.rows * gradient.columns)
        }
        guard hasLoss else { return (0, 0) }
        let matrix = pass.parameters.view(table)
        let tokens = matrix.rows
        let teacher = weights.soft == 0 ? nil : teacher
        precondition(teacher.map { $0.head.rows == tokens && $0.last.rows == last.rows } ?? true, "another teacher")
        let (labelCount, positionCount) = (Float(max(1, counts.labels)), Float(max(1, counts.positions)))
        let kernelWeights = see_score_weights(
            hard: weights.hard / labelCount,
            smoothing: weights.smoothing,
            soft: weights.soft / positionCount,
            temperature: weights.temperature
        )
        let (tableGradient, biasGradient) = (pass.gradient(table), pass.gradient(bias))
        let step = max(16, min(last.rows, Self.blockSize / max(1, tokens)))
        var (hard, soft) = (0.0, 0.0)
        pass.memory.scratch {
            let scores = pass.memory.matrix(step, tokens)
            let teacherScores = teacher.map { _ in pass.memory.matrix(step, tokens) }
            let losses = pass.memory.matrix(last.rows, 2)
            for first in stride(from: 0, to: last.rows, by: step) {
                let range = first..<min(first + step, last.rows)
                let part = scores.extracting(rows: 0..<range.count, columns: 0..<tokens)
                let states = last.extracting(rows: range, columns: 0..<last.columns)
                gemm(states, matrix.transposed, into: part)
                let bias = bias.map(pass.parameters.view)
                var teacherPart: MutableMatrixView<Float>?
                if let teacher, let teacherScores {
                    let target = teacherScores.extracting(rows: 0..<range.count, columns: 0..<tokens)
                    let states = teacher.last.extracting(rows: range, columns: 0..<teacher.last.columns)
                    gemm(states, teacher.head.transposed, into: target)
                    teacherPart = target
                }
                let given = teacherPart
                let none = DropoutDraws(rate: 0, key: 0).kernel(from: 0)
                Parallel.forEachChunk(of: range.count, size: 4) { rows in
                    for row in rows {
                        let target = part.base + row * tokens
                        see_add_bias(target, bias?.base, none, tokens)
                        let other = given.map { $0.base + row * tokens }
                        if let other { see_add_bias(other, teacher?.bias?.base, none, tokens) }
                        let place = first + row
                        let loss = see_score_gradient(
                            target,
                            other.map { UnsafePointer($0) },
                            weights.hard == 0 ? Self.noLabel : labels[place],
                            kernelWeights,
                            tokens
                        )
                        losses.base[2 * place] = loss.hard
                        losses.base[2 * place + 1] = loss.soft
                    }
                }
                guard pass.differentiates else { continue }
                gemm(
                    part.readOnly,
                    matrix,
                    into: gradient.extracting(rows: range, columns: 0..<gradient.columns)
                )
                if let tableGradient { gemm(part.readOnly.transposed, states, into: tableGradient, beta: 1) }
                if let biasGradient {
                    RowSums.add(rows: range.count, width: tokens, memory: pass.memory, to: biasGradient.base) {
                        rows,
                        sum in
                        for row in rows { see_saxpy(1, part.base + row * tokens, sum, tokens) }
                    }
                }
            }
            for place in 0..<last.rows {
                hard += Double(losses.base[2 * place])
                soft += Double(losses.base[2 * place + 1])
            }
        }
        return (hard / Double(labelCount), soft / Double(positionCount))
    }
}
