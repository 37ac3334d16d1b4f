import LinearAlgebra

/// An encoder of sentences in training; `EncoderModel` is the same in use.
public final class TrainableEncoder {
    /// The numbers, under the checkpoint's names.
    public let parameters: ParameterSet
    /// The vocabulary table's place among them.
    public let table: ParameterBlock
    /// How tokens' vectors become a text's.
    public let pooling: SentencePooling
    /// Whether a text's vector is scaled to length 1.
    public let normalises: Bool
    private let stack: TrainableEncoderStack
    private let memory = ActivationMemory()

    /// Copies the numbers of `model`, in float32, under `names`.
    public init(
        _ model: EncoderModel,
        names: EncoderTensorNames,
        pooling: SentencePooling = .mean,
        normalises: Bool = true
    ) {
        var plan = ParameterPlan()
        table = plan.add(names.embedding + ".weight", table: model.embedding.table)
        stack = TrainableEncoderStack(model, names, table: table, learnsPositions: true, in: &plan)
        parameters = ParameterSet(plan)
        (self.pooling, self.normalises) = (pooling, normalises)
    }

    /// The model in use, with a copy of the numbers; the vocabulary table is `table` where one is given.
    public func model(table: (any EmbeddingTable)? = nil) -> EncoderModel {
        stack.model(table ?? DenseTable(parameters.weights(self.table)), parameters)
    }

    /// Bytes that passes have used at most; they are kept for the next ones, and grow with the tokens of a batch.
    public var activationByteCount: Int { memory.byteCount }

    /// What the losses of `batch` count.
    public func counts(_ batch: RaggedBatch) -> LossCounts {
        var counts = LossCounts()
        (counts.texts, counts.positions) = (batch.count, batch.tokens.count)
        return counts
    }

    /// What the model makes of `batch`, without dropout; the next pass overwrites it.
    ///
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table.
    public func outputs(_ batch: RaggedBatch) throws(TransformerError) -> ModelOutputs {
        try stack.check(batch)
        memory.reset()
        let pass = TrainablePass(parameters, memory, .none)
        let run = stack.forward(batch, pass)
        return ModelOutputs(
            hidden: run.hidden.states.map(\.readOnly),
            scores: nil,
            pooled: pool(run, batch).readOnly,
            tables: [parameters.view(table)]
        )
    }

    private func pool(_ run: TrainableEncoderStack.Run, _ batch: RaggedBatch) -> MutableMatrixView<Float> {
        let width = run.last.columns
        let pooled = memory.matrix(batch.count, width)
        for text in 0..<batch.count {
            let rows = run.last.readOnly.extracting(rows: batch.range(text), columns: 0..<width)
            pooling.forward(rows, into: pooled.base + text * width)
        }
        return pooled
    }

    /// The losses of `batch` against `teacher`, the outputs of another model for the same batch; adds the gradients to those
    /// of `parameters`.
    ///
    /// - Parameters:
    ///   - counts: what means are taken over; nil for this batch alone.
    ///   - differentiates: whether gradients are wanted; the losses alone cost half as much.
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table, of kind `mismatch` for
    ///   no teacher or one of another shape, and of kind `notFinite` where a loss is no number.
    public func lossAndGradients(
        _ batch: RaggedBatch,
        teacher: ModelOutputs?,
        _ weights: LossWeights,
        counts: LossCounts? = nil,
        dropout: Dropout = .none,
        differentiates: Bool = true
    ) throws(TransformerError) -> LossValues {
        guard let teacher else {
            throw TransformerError(
                .mismatch,
                place: "teacher",
                cause: "an encoder has no labels of its own, and nothing to be compared with",
                remedy: "give it the outputs of a teacher"
            )
        }
        try stack.check(batch)
        memory.reset()
        let counts = counts ?? self.counts(batch)
        let pass = TrainablePass(parameters, memory, dropout, differentiates: differentiates)
        let run = stack.forward(batch, pass)
        try teacher.check(weights, hidden: run.hidden.states, tables: [table], pooled: batch.count)
        let width = run.last.columns
        let gradient = memory.matrix(run.last.rows, width)
        gradient.base.update(repeating: 0, count: gradient.rows * width)
        var values = LossValues()
        if weights.cosine != 0 || weights.pooled != 0, let target = teacher.pooled {
            let pooled = pool(run, batch)
            let loss = PooledLoss(weights: weights, texts: counts.texts, normalises: normalises)
            memory.scratch {
                let sentence = memory.take(width)
                for text in 0..<batch.count {
                    let part = loss.lossAndGradient(
                        pooled.base + text * width,
                        teacher: target.base + text * target.rowStride,
                        width: width,
                        into: sentence
                    )
                    values.cosine += part.cosine
                    values.pooled += part.pooled
                    let rows = batch.range(text)
                    pooling.backward(
                        sentence,
                        run.last.readOnly.extracting(rows: rows, columns: 0..<width),
                        addingTo: gradient.extracting(rows: rows, columns: 0..<width)
                    )
                }
            }
        }
        values.hidden = stack.backward(gradient, batch, run, pass) { index in
            run.hidden.addLoss(
                index,
                teacher: teacher,
                weights,
                positions: counts.positions,
                to: gradient,
                memory
            )
        }
        let share = Double(batch.tokens.count) / Double(max(1, counts.positions))
        values.embedding = pass.tableLoss([table], teacher: teacher, weights, share: share)
        return try values.checked(weights)
    }
}

/// Embedding and post-norm layers of an encoder in training: BERT, or the reading half of a translator.
struct TrainableEncoderStack {
    let shape: EncoderShape
    let contextLength: Int
    let embedding: TrainableEmbedding
    let layers: [TrainableEncoderLayer]
    private let typeCount: Int
    private let tokenCount: Int

    /// A forward pass, kept for the backward one.
    struct Run {
        let embedding: TrainableEmbedding.Kept
        let layers: [TrainableEncoderLayer.Kept]
        /// Before layer 0 and after each layer.
        let hidden: HiddenStates
        let last: MutableMatrixView<Float>
    }

    init(
        _ model: EncoderModel,
        _ names: EncoderTensorNames,
        table: ParameterBlock,
        learnsPositions: Bool,
        in plan: inout ParameterPlan
    ) {
        shape = model.shape
        contextLength = model.contextLength
        (typeCount, tokenCount) = (model.embedding.typeCount, model.embedding.table.tokenCount)
        embedding = TrainableEmbedding(
            model.embedding,
            table: table,
            positions: learnsPositions ? names.positions : nil,
            types: names.types,
            norm: names.embeddingNorm,
            in: &plan
        )
        layers = model.layers.enumerated().map { index, layer in
            TrainableEncoderLayer(
                layer,
                names.layer,
                prefix: "\(names.layerPrefix)\(index).",
                heads: model.shape.heads,
                in: &plan
            )
        }
    }

    func check(_ batch: RaggedBatch) throws(TransformerError) {
        try batch.check(tokenCount: tokenCount, contextLength: contextLength, typeCount: typeCount)
    }

    func forward(_ batch: RaggedBatch, _ pass: TrainablePass) -> Run {
        var state = pass.memory.matrix(batch.tokens.count, shape.width)
        let kept = embedding.forward(batch, into: state, pass)
        var hidden = HiddenStates()
        hidden.append(state)
        var keptLayers: [TrainableEncoderLayer.Kept] = []
        for layer in layers {
            let (next, kept) = layer.forward(state.readOnly, batch, pass)
            keptLayers.append(kept)
            hidden.append(next)
            state = next
        }
        return Run(embedding: kept, layers: keptLayers, hidden: hidden, last: state)
    }

    /// Takes `gradient`, that of the last hidden state, back to the tables.
    ///
    /// - Parameter addLoss: adds the gradient of a hidden state's own loss, and gives the loss.
    func backward(
        _ gradient: MutableMatrixView<Float>,
        _ batch: RaggedBatch,
        _ run: Run,
        _ pass: TrainablePass,
        addLoss: (Int) -> Double
    ) -> Double {
        var loss = 0.0
        for index in layers.indices.reversed() {
            loss += addLoss(index + 1)
            if pass.differentiates { layers[index].backward(gradient, batch, run.layers[index], pass) }
        }
        loss += addLoss(0)
        if pass.differentiates { embedding.backward(gradient, batch, run.embedding, pass) }
        return loss
    }

    func model(_ table: any EmbeddingTable, _ parameters: ParameterSet) -> EncoderModel {
        EncoderModel(
            shape: shape,
            embedding: embedding.embedding(table, parameters),
            layers: layers.map { $0.layer(parameters) }
        )
    }
}
