import LinearAlgebra

/// Pairs of texts for a translator in training.
public struct TranslationBatch: Sendable {
    /// What is read.
    public let source: RaggedBatch
    /// What is written, shifted by one: each text begins with the token that begins a translation.
    public let target: RaggedBatch
    /// The token after each of `target`.
    public let labels: [Int]

    /// Pairs of `sources` and `targets`, which end with the token that ends a text and do not begin with `startToken`.
    ///
    /// - Precondition: as many sources as targets.
    public init(_ sources: [[Int]], _ targets: [[Int]], startToken: Int) {
        precondition(sources.count == targets.count, "texts come in pairs")
        source = RaggedBatch(sources)
        target = RaggedBatch(targets.map { [startToken] + $0.dropLast() })
        labels = targets.flatMap { $0.isEmpty ? [TrainableHead.noLabel] : $0 }
    }
}

/// The names of a translator's vocabulary tables, without `.weight`; equal names are one table.
public struct TranslatorTables: Sendable, Hashable {
    /// Of the reading half.
    public var source: String
    /// Of the writing half.
    public var target: String
    /// Of the head.
    public var head: String

    /// These names.
    public init(source: String, target: String, head: String) {
        (self.source, self.target, self.head) = (source, target, head)
    }
}

/// An encoder–decoder translator in training; `TranslationModel` is the same in use.
public final class TrainableTranslator {
    /// The numbers, under the checkpoint's names.
    public let parameters: ParameterSet
    /// The vocabulary tables' places among them: reading half, writing half, head; tied ones are the same.
    public let sourceTable: ParameterBlock
    /// See `sourceTable`.
    public let targetTable: ParameterBlock
    private let shape: EncoderShape
    private let contextLength: Int
    private let encoder: TrainableEncoderStack
    private let embedding: TrainableEmbedding
    private let layers: [TrainableTranslationLayer]
    private let head: TrainableHead
    private let memory = ActivationMemory()

    /// Copies the numbers of `model`, in float32, under the names of its family and of its tables.
    public init(_ model: TranslationModel, family: TranslatorArchitecture, tables: TranslatorTables) {
        var plan = ParameterPlan()
        var known: [String: ParameterBlock] = [:]
        func table(_ name: String, _ table: any EmbeddingTable) -> ParameterBlock {
            if let block = known[name] { return block }
            let block = plan.add(name + ".weight", table: table)
            known[name] = block
            return block
        }
        let source = table(tables.source, model.encoder.embedding.table)
        let target = table(tables.target, model.embedding.table)
        (sourceTable, targetTable) = (source, target)
        shape = model.shape
        contextLength = model.contextLength
        encoder = TrainableEncoderStack(
            model.encoder,
            family.encoder,
            table: source,
            learnsPositions: false,
            in: &plan
        )
        embedding = TrainableEmbedding(model.embedding, table: target, in: &plan)
        layers = model.layers.enumerated().map { index, layer in
            TrainableTranslationLayer(layer, family, index: index, heads: model.shape.heads, in: &plan)
        }
        head = TrainableHead(
            model.head,
            shared: known[tables.head],
            named: tables.head + ".weight",
            bias: family.headBias,
            in: &plan
        )
        parameters = ParameterSet(plan)
    }

    /// The head's table.
    public var headTable: ParameterBlock { head.table }
    /// The vocabulary tables, each once.
    public var tables: [ParameterBlock] {
        [sourceTable, targetTable, head.table].reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The model in use, with a copy of the numbers; tables are what `replacing` gives for them, where it gives any.
    public func model(replacing: (ParameterBlock) -> (any TokenTable)? = { _ in nil }) -> TranslationModel {
        var known: [ParameterBlock: any TokenTable] = [:]
        for block in tables { known[block] = replacing(block) ?? DenseTable(parameters.weights(block)) }
        func table(_ block: ParameterBlock) -> any TokenTable {
            known[block] ?? DenseTable(parameters.weights(block))
        }
        return TranslationModel(
            encoder: encoder.model(table(sourceTable), parameters),
            shape: shape,
            embedding: embedding.embedding(table(targetTable), parameters),
            layers: layers.map { $0.layer(parameters) },
            head: head.head(table(head.table), parameters)
        )
    }

    /// Bytes that passes have used at most; they are kept for the next ones, and grow with the tokens of a batch.
    public var activationByteCount: Int { memory.byteCount }

    /// What the losses of `batch` count.
    public func counts(_ batch: TranslationBatch) -> LossCounts {
        var counts = LossCounts()
        (counts.texts, counts.positions) = (batch.target.count, batch.target.tokens.count)
        counts.sourcePositions = batch.source.tokens.count
        counts.labels = batch.labels.count { $0 >= 0 }
        return counts
    }

    /// A forward pass, kept for the backward one.
    private struct Run {
        let encoder: TrainableEncoderStack.Run
        let embedding: TrainableEmbedding.Kept
        let layers: [TrainableTranslationLayer.Kept]
        /// Those of the reading half, then those of the writing half.
        let hidden: HiddenStates
        let last: MutableMatrixView<Float>
    }

    private func check(_ batch: TranslationBatch) throws(TransformerError) {
        try encoder.check(batch.source)
        let tokens = parameters.view(targetTable).rows
        try batch.target.check(tokenCount: tokens, contextLength: contextLength)
        guard batch.labels.allSatisfy({ $0 < head.tokenCount }) else {
            throw TransformerError(
                .tokenOutOfRange,
                place: "labels",
                cause: "one is outside the table of \(head.tokenCount) tokens",
                remedy: "use the model's own tokenizer"
            )
        }
    }

    private func forward(_ batch: TranslationBatch, _ pass: TrainablePass) -> Run {
        let read = encoder.forward(batch.source, pass)
        var hidden = read.hidden
        var state = memory.matrix(batch.target.tokens.count, shape.width)
        let kept = embedding.forward(batch.target, into: state, pass)
        hidden.append(state)
        var keptLayers: [TrainableTranslationLayer.Kept] = []
        for layer in layers {
            let (next, kept) = layer.forward(state.readOnly, batch, source: read.last.readOnly, pass)
            keptLayers.append(kept)
            hidden.append(next)
            state = next
        }
        return Run(encoder: read, embedding: kept, layers: keptLayers, hidden: hidden, last: state)
    }

    /// What the model makes of `batch`, without dropout; the next pass overwrites it.
    ///
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table.
    public func outputs(_ batch: TranslationBatch) throws(TransformerError) -> ModelOutputs {
        try check(batch)
        memory.reset()
        let run = forward(batch, TrainablePass(parameters, memory, .none))
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
        _ batch: TranslationBatch,
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
        let run = forward(batch, pass)
        try teacher?.check(weights, hidden: run.hidden.states, tables: tables, scores: head.tokenCount)
        let gradient = memory.matrix(run.last.rows, shape.width)
        let read = run.encoder.last
        let sourceGradient = memory.matrix(read.rows, shape.width)
        sourceGradient.base.update(repeating: 0, count: read.rows * shape.width)
        var values = LossValues()
        (values.hard, values.soft) = head.lossAndGradients(
            run.last.readOnly,
            labels: batch.labels,
            teacher: teacher?.scores,
            weights,
            counts: counts,
            into: gradient,
            pass
        )
        let sourceStates = encoder.layers.count + 1
        func addLoss(_ index: Int, _ positions: Int, _ gradient: MutableMatrixView<Float>) -> Double {
            run.hidden.addLoss(index, teacher: teacher, weights, positions: positions, to: gradient, memory)
        }
        for index in layers.indices.reversed() {
            values.hidden += addLoss(sourceStates + index + 1, counts.positions, gradient)
            guard differentiates else { continue }
            layers[index].backward(
                gradient,
                batch,
                source: read.readOnly,
                run.layers[index],
                sourceGradient,
                pass
            )
        }
        values.hidden += addLoss(sourceStates, counts.positions, gradient)
        if differentiates { embedding.backward(gradient, batch.target, run.embedding, pass) }
        values.hidden += encoder.backward(sourceGradient, batch.source, run.encoder, pass) { index in
            addLoss(index, counts.sourcePositions, sourceGradient)
        }
        let share = Double(batch.target.tokens.count) / Double(max(1, counts.positions))
        values.embedding = pass.tableLoss(tables, teacher: teacher, weights, share: share)
        return try values.checked(weights)
    }
}
