import Kernels
import LinearAlgebra

/// What a forward pass computes of a batch: what a student is compared with.
///
/// The views lie in the model's own memory; its next pass overwrites them.
public struct ModelOutputs: Sendable {
    /// Hidden states `[T, width]`, numbered as the runtime's observers see them: before layer 0, and after each layer. A
    /// translator's reading half comes first, then its writing half.
    public let hidden: [MatrixView<Float>]
    /// Where scores come from; nil for models that have none.
    public let scores: ScoreSource?
    /// Vectors of the texts `[texts, width]`, before they are scaled to length 1; nil for models that have none.
    public let pooled: MatrixView<Float>?
    /// The vocabulary tables, as the student's own are listed.
    public let tables: [MatrixView<Float>]
}

extension ModelOutputs {
    /// Refuses a teacher that a student with these hidden states, tables and vectors cannot be compared with in the losses
    /// that `weights` names.
    func check(
        _ weights: LossWeights,
        hidden states: [MutableMatrixView<Float>],
        tables blocks: [ParameterBlock],
        scores tokens: Int? = nil,
        pooled texts: Int? = nil
    ) throws(TransformerError) {
        func require(_ fits: Bool, _ what: String) throws(TransformerError) {
            guard !fits else { return }
            throw TransformerError(
                .mismatch,
                place: "teacher",
                cause: "its \(what) are not of the student's shape",
                remedy: "take the model that the student was made of, or leave this loss out"
            )
        }
        if weights.hidden != 0 {
            let fits = zip(hidden, states).allSatisfy { $0.rows == $1.rows && $0.columns == $1.columns }
            try require(hidden.count == states.count && fits, "hidden states")
        }
        if weights.embedding != 0 {
            let fits = zip(tables, blocks).allSatisfy { $0.rows == $1.rows && $0.columns == $1.columns }
            try require(tables.count == blocks.count && fits, "vocabulary tables")
        }
        if weights.soft != 0, let tokens {
            let rows = states.last?.rows
            try require(scores.map { $0.head.rows == tokens && $0.last.rows == rows } ?? false, "scores")
        }
        if weights.cosine != 0 || weights.pooled != 0, let texts {
            let width = states.last?.columns
            try require(pooled.map { $0.rows == texts && $0.columns == width } ?? false, "vectors of texts")
        }
    }
}

/// Scores that are not computed yet: `last` Eᵀ + b.
public struct ScoreSource: Sendable {
    /// The hidden states that the head sees, `[T, width]`.
    public let last: MatrixView<Float>
    /// E `[tokens, width]`.
    public let head: MatrixView<Float>
    /// b `[tokens]`; nil for none.
    public let bias: MatrixView<Float>?
}

/// The hidden states that a pass keeps, and their losses.
struct HiddenStates {
    private(set) var states: [MutableMatrixView<Float>] = []

    mutating func append(_ state: MutableMatrixView<Float>) { states.append(state) }

    /// Adds the gradient of state `index`, times the weight, to `gradient`, and gives its share of the mean loss.
    ///
    /// - Parameter positions: all positions that the mean is taken over.
    func addLoss(
        _ index: Int,
        teacher: ModelOutputs?,
        _ weights: LossWeights,
        positions: Int,
        to gradient: MutableMatrixView<Float>,
        _ memory: ActivationMemory
    ) -> Double {
        guard weights.compares(hiddenState: index), let teacher else { return 0 }
        let chosen = weights.hiddenStates.map { $0.filter(states.indices.contains).count } ?? states.count
        let share = 1 / (Double(chosen) * Double(positions) * Double(gradient.columns))
        return share
            * SquaredDifference.add(
                states[index].readOnly,
                teacher.hidden[index],
                factor: Float(2 * share) * weights.hidden,
                to: gradient,
                memory
            )
    }
}

/// Σ (x − target)² and its gradient.
enum SquaredDifference {
    /// gradient += factor · (x − target), all `[T, width]`; returns Σ (x − target)².
    static func add(
        _ x: MatrixView<Float>,
        _ target: MatrixView<Float>,
        factor: Float,
        to gradient: MutableMatrixView<Float>,
        _ memory: ActivationMemory
    ) -> Double {
        precondition(x.rows == target.rows && x.columns == target.columns, "a teacher of another shape")
        return memory.scratch {
            let sums = memory.matrix(x.rows, 1)
            Parallel.forEachChunk(of: x.rows, size: RowSums.block) { rows in
                for row in rows {
                    sums.base[row] = see_add_difference(
                        x.base + row * x.rowStride,
                        target.base + row * target.rowStride,
                        factor,
                        gradient.base + row * gradient.rowStride,
                        x.columns
                    )
                }
            }
            return (0..<x.rows).reduce(0.0) { $0 + Double(sums.base[$1]) }
        }
    }
}
