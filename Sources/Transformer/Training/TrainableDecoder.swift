import LinearAlgebra

/// A causal language model of the LLaMA kind in training; `DecoderModel` is the same in use.
///
/// A batch holds texts, and each token's label is the one after it.
public final class TrainableDecoder {
    /// The numbers, under the checkpoint's names.
    public let parameters: ParameterSet
    /// The embedding's place among them.
    public let table: ParameterBlock
    private let shape: DecoderShape
    private let layers: [TrainableDecoderLayer]
    private let norm: TrainableNorm
    private let head: TrainableHead
    private let site: Int
    private let memory = ActivationMemory()

    /// Copies the numbers of `model`, in float32, under `names`.
    ///
    /// - Parameter isTied: whether the head is the embedding.
    public init(_ model: DecoderModel, names: DecoderTensorNames, isTied: Bool) {
        var plan = ParameterPlan()
        shape = model.shape
        let table = plan.add(names.embedding + ".weight", table: model.embedding)
        self.table = table
        layers = model.layers.enumerated().map { index, layer in
            TrainableDecoderLayer(layer, names, index: index, model.shape, in: &plan)
        }
        norm = TrainableNorm(model.norm, named: names.norm, in: &plan)
        head = TrainableHead(
            model.head,
            shared: isTied ? table : nil,
            named: names.head + ".weight",
            bias: names.head + ".bias",
            in: &plan
        )
        site = plan.nextSite()
        parameters = ParameterSet(plan)
    }

    /// The head's table, which is the embedding where they are tied.
    public var headTable: ParameterBlock { head.table }
    /// The vocabulary tables: the embedding and, where it is not tied, the head.
    public var tables: [ParameterBlock] { head.table == table ? [table] : [table, head.table] }

    /// The model in use, with a copy of the numbers; tables are the given ones where there are any.
    public func model(table: (any TokenTable)? = nil, head: (any OutputHead)? = nil) -> DecoderModel {
        let embedding: any TokenTable = table ?? DenseTable(parameters.weights(self.table))
        let own: any OutputHead =
            head ?? (self.head.table == self.table ? embedding : DenseTable(parameters.weights(self.head.table)))
        return DecoderModel(
            shape: shape,
            embedding: embedding,
            layers: layers.map { $0.layer(parameters) },
            norm: norm.rmsNorm(parameters),
            head: self.head.head(own, parameters)
        )
    }

    /// Bytes that passes have used at most; they are kept for the next ones, and grow with the tokens of a batch.
    public var activationByteCount: Int { memory.byteCount }

    /// What the losses of `batch` count: all tokens but the last of each text have a label.
    public func counts(_ batch: RaggedBatch) -> LossCounts {
        var counts = LossCounts()
        (counts.texts, counts.positions) = (batch.count, batch.tokens.count)
        counts.labels = batch.tokens.count - batch.count
        return counts
    }

    /// A forward pass, kept for the backward one.
    private struct Run {
        let angles: RotaryEmbedding.Angles
        let layers: [TrainableDecoderLayer.Kept]
        let norm: TrainableNorm.Kept
        let hidden: HiddenStates
        let last: MutableMatrixView<Float>
    }

    private func check(_ batch: RaggedBatch) throws(TransformerError) {
        try batch.check(tokenCount: parameters.view(table).rows, contextLength: shape.contextLength)
    }

    /// Runs the layers. Hidden states are copied where `keeps` says so: layers change them in place.
    private func forward(_ batch: RaggedBatch, _ pass: TrainablePass, keeps: (Int) -> Bool) -> Run {
        let (rows, width) = (batch.tokens.count, shape.width)
        let state = memory.matrix(rows, width)
        let vectors = parameters.view(table)
        Parallel.forEachChunk(of: rows, size: RowSums.block) { range in
            for row in range {
                (state.base + row * width).update(from: vectors.base + batch.tokens[row] * width, count: width)
            }
        }
        pass.dropout.draws(pass.dropout.hidden, site: site).apply(state)
        let angles = shape.rotary.angles(batch)
        var hidden = HiddenStates()
        var kept: [TrainableDecoderLayer.Kept] = []
        for (index, layer) in layers.enumerated() {
            var copy = state
            if keeps(index) {
                copy = memory.matrix(rows, width)
                copy.base.update(from: state.base, count: rows * width)
            }
            hidden.append(copy)
            kept.append(layer.forward(state, batch, angles, pass))
        }
        let last = memory.matrix(rows, width)
        let keptNorm = norm.forward(state, keepsX: false, into: last, pass)
        hidden.append(last)
        return Run(angles: angles, layers: kept, norm: keptNorm, hidden: hidden, last: last)
    }

    /// What the model makes of `batch`, without dropout; the next pass overwrites it.
    ///
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table.
    public func outputs(_ batch: RaggedBatch) throws(TransformerError) -> ModelOutputs {
        try check(batch)
        memory.reset()
        let pass = TrainablePass(parameters, memory, .none)
        let run = forward(batch, pass) { _ in true }
        return ModelOutputs(
            hidden: run.hidden.states.map(\.readOnly),
            scores: head.source(run.last.readOnly, parameters),
            pooled: nil,
            tables: tables.map(parameters.view)
        )
    }

    /// The losses of `batch`, against `teacher` (the outputs of another model for the same batch) where there is one; adds
    /// the gradients to those of `parameters`.
    ///
    /// - Parameters:
    ///   - counts: what means are taken over; nil for this batch alone.
    ///   - differentiates: whether gradients are wanted; the losses alone cost half as much.
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table, of kind `mismatch` for
    ///   a teacher of another shape, and of kind `notFinite` where a loss is no number.
    public func lossAndGradients(
        _ batch: RaggedBatch,
        teacher: ModelOutputs? = nil,
        _ weights: LossWeights,
        counts: LossCounts? = nil,
        dropout: Dropout = .none,
        differentiates: Bool = true
    ) throws(TransformerError) -> LossValues {
        try check(batch)
        memory.reset()
        let counts = counts ?? self.counts(batch)
        let pass = TrainablePass(parameters, memory, dropout, differentiates: differentiates)
        let run = forward(batch, pass) { weights.compares(hiddenState: $0) }
        try teacher?.check(weights, hidden: run.hidden.states, tables: tables, scores: head.tokenCount)
        let gradient = memory.matrix(run.last.rows, shape.width)
        var values = LossValues()
        (values.hard, values.soft) = head.lossAndGradients(
            run.last.readOnly,
            labels: labels(batch),
            teacher: teacher?.scores,
            weights,
            counts: counts,
            into: gradient,
            pass
        )
        func addLoss(_ index: Int) -> Double {
            run.hidden.addLoss(index, teacher: teacher, weights, positions: counts.positions, to: gradient, memory)
        }
        values.hidden = addLoss(layers.count)
        if differentiates { _ = norm.backward(gradient, run.norm, pass) }
        let reversed = run.angles.reversed
        for index in layers.indices.reversed() {
            if differentiates { layers[index].backward(gradient, batch, run.layers[index], reversed, pass) }
            values.hidden += addLoss(index)
        }
        pass.dropout.draws(pass.dropout.hidden, site: site).apply(gradient)
        if differentiates, let target = pass.gradient(table) {
            for (row, token) in batch.tokens.enumerated() {
                axpy(1, gradient.base + row * shape.width, target.base + token * shape.width, count: shape.width)
            }
        }
        let share = Double(batch.tokens.count) / Double(max(1, counts.positions))
        values.embedding = pass.tableLoss(tables, teacher: teacher, weights, share: share)
        return try values.checked(weights)
    }

    private func labels(_ batch: RaggedBatch) -> [Int] {
        (0..<batch.count).flatMap { text in
            batch.tokens[batch.range(text)].dropFirst() + [TrainableHead.noLabel]
        }
    }
}
