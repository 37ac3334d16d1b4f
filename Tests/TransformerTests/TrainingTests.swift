import LinearAlgebra
import TestSupport
import Testing

@testable import Transformer

/// Models in training against the same in use, and gradients against differences of losses, with everything on at once:
/// dropout, all losses, texts of unequal lengths.
@Suite struct TrainingTests {
    private static let weights: LossWeights = {
        var weights = LossWeights()
        (weights.embedding, weights.hidden, weights.soft, weights.temperature) = (0.7, 0.3, 0.9, 2)
        (weights.hard, weights.smoothing, weights.cosine, weights.pooled) = (0.6, 0.1, 0.8, 1.1)
        return weights
    }()
    private static let dropout = Dropout(hidden: 0.2, attention: 0.1, activation: 0.15, seed: 5)

    private static func translator() -> TrainableTranslator {
        TrainableTranslator(
            EncoderFixtures.translator(),
            family: .marian,
            tables: TranslatorTables(source: "shared", target: "shared", head: "lm_head")
        )
    }

    private static func encoder(_ pooling: SentencePooling = .mean, normalises: Bool = true) -> TrainableEncoder {
        TrainableEncoder(
            EncoderFixtures.encoder(),
            names: EncoderArchitecture.bert.huggingFace,
            pooling: pooling,
            normalises: normalises
        )
    }

    private static func decoder(window: Int? = nil) -> TrainableDecoder {
        TrainableDecoder(
            TestDecoder.make(window: window),
            names: DecoderArchitecture.llama.huggingFace,
            isTied: true
        )
    }

    private static let texts = RaggedBatch(EncoderFixtures.texts([7, 2, 12, 1]))
    private static let pairs = TranslationBatch(
        EncoderFixtures.texts([7, 2, 12, 1]),
        EncoderFixtures.texts([5, 9, 1, 4]),
        startToken: 39
    )

    /// Numbers that differ a little from the model's own.
    private func disturb(_ parameters: ParameterSet) {
        var random = SplitMix64(seed: 77)
        for parameter in parameters.parameters {
            for index in parameter.range { parameters.values[index] += 0.1 * random.normal() }
        }
    }

    /// For each tensor, the slope of the loss in the direction of a random vector against its product with the gradient.
    private func checkSlopes(_ parameters: ParameterSet, _ loss: () throws -> Double) throws {
        parameters.clearGradients()
        _ = try loss()
        let gradients = Array(parameters.gradients)
        var random = SplitMix64(seed: 3)
        for parameter in parameters.parameters where parameter.role != .frozen {
            // Along the gradient itself the slope is greatest against rounding; a random part turns the direction.
            let length = parameter.range.reduce(Float(0)) { $0 + gradients[$1] * gradients[$1] }.squareRoot()
            guard length > 1e-4 else { continue }
            let size = Float(parameter.range.count).squareRoot()
            let direction = parameter.range.map { gradients[$0] / length + random.normal() / size }
            let before = Array(parameters.values[parameter.range])
            func value(_ step: Float) throws -> Double {
                for (place, index) in parameter.range.enumerated() {
                    parameters.values[index] = before[place] + step * direction[place]
                }
                defer {
                    for (place, index) in parameter.range.enumerated() { parameters.values[index] = before[place] }
                }
                return try loss()
            }
            let step: Float = 2e-3
            let slope = (try value(step) - value(-step)) / Double(2 * step)
            let wanted = zip(parameter.range, direction).reduce(0.0) { $0 + Double(gradients[$1.0]) * Double($1.1) }
            #expect(abs(slope - wanted) < 0.01 * abs(wanted) + 2e-4, "\(parameter.name): \(slope), \(wanted)")
        }
    }

    @Test func slopesOfATranslator() throws {
        let (model, teacher) = (Self.translator(), Self.translator())
        disturb(teacher.parameters)
        let outputs = try teacher.outputs(Self.pairs)
        try checkSlopes(model.parameters) {
            try model.lossAndGradients(Self.pairs, teacher: outputs, Self.weights, dropout: Self.dropout)
                .total(Self.weights)
        }
    }

    @Test(arguments: SentencePooling.allCases, [true, false])
    func slopesOfAnEncoder(pooling: SentencePooling, normalises: Bool) throws {
        let (model, teacher) = (Self.encoder(pooling, normalises: normalises), Self.encoder(pooling))
        disturb(teacher.parameters)
        let outputs = try teacher.outputs(Self.texts)
        // The greatest of columns changes its place under a step.
        try checkSlopes(model.parameters) {
            try model.lossAndGradients(Self.texts, teacher: outputs, Self.weights, dropout: Self.dropout)
                .total(Self.weights)
        }
    }

    @Test(arguments: [nil, 4]) func slopesOfADecoder(window: Int?) throws {
        let (model, teacher) = (Self.decoder(window: window), Self.decoder(window: window))
        disturb(teacher.parameters)
        let outputs = try teacher.outputs(Self.texts)
        try checkSlopes(model.parameters) {
            try model.lossAndGradients(Self.texts, teacher: outputs, Self.weights, dropout: Self.dropout)
                .total(Self.weights)
        }
    }

    /// The losses alone are the same numbers, and leave the gradients as they are.
    @Test func lossesNeedNoBackwardPass() throws {
        var weights = Self.weights
        // That of the tables takes no pass.
        weights.embedding = 0
        func check(
            _ parameters: ParameterSet,
            _ losses: (_ differentiates: Bool) throws -> LossValues
        ) throws {
            parameters.clearGradients()
            let alone = try losses(false).total(weights)
            #expect(parameters.gradients.allSatisfy { $0 == 0 })
            #expect(try losses(true).total(weights) == alone)
            #expect(parameters.gradients.contains { $0 != 0 })
        }
        let (translator, reading) = (Self.translator(), Self.translator())
        disturb(reading.parameters)
        let read = try reading.outputs(Self.pairs)
        try check(translator.parameters) {
            try translator.lossAndGradients(Self.pairs, teacher: read, weights, differentiates: $0)
        }
        let (decoder, speaking) = (Self.decoder(window: nil), Self.decoder(window: nil))
        disturb(speaking.parameters)
        let spoken = try speaking.outputs(Self.texts)
        try check(decoder.parameters) {
            try decoder.lossAndGradients(Self.texts, teacher: spoken, weights, differentiates: $0)
        }
        let (encoder, pooling) = (Self.encoder(.mean), Self.encoder(.mean))
        disturb(pooling.parameters)
        let pooled = try pooling.outputs(Self.texts)
        try check(encoder.parameters) {
            try encoder.lossAndGradients(Self.texts, teacher: pooled, weights, differentiates: $0)
        }
    }

    /// The greatest difference relative to the spread.
    private func error(_ found: MatrixView<Float>, _ wanted: Matrix) -> Float {
        let spread = (wanted.elements.max() ?? 0) - (wanted.elements.min() ?? 0)
        let elements = Array(UnsafeBufferPointer(start: found.base, count: found.rows * found.columns))
        return greatestDifference(Matrix(rows: found.rows, columns: found.columns, elements: elements), wanted) / spread
    }

    @Test func anEncoderComputesTheSameInUse() throws {
        let model = Self.encoder()
        disturb(model.parameters)
        let outputs = try model.outputs(Self.texts)
        let used = model.model()
        let activations = EncoderActivations(used.shape, capacity: Self.texts.tokens.count)
        var errors: [Float] = []
        _ = try used.forward(Self.texts, activations: activations) { index, state in
            let elements = Array(UnsafeBufferPointer(start: state.base, count: state.rows * state.columns))
            errors.append(
                error(outputs.hidden[index], Matrix(rows: state.rows, columns: state.columns, elements: elements))
            )
        }
        #expect(errors.count == 3 && errors.allSatisfy { $0 < 1e-5 }, "\(errors)")
    }

    private func scores(_ source: ScoreSource) -> Matrix {
        var scores = Matrix(rows: source.last.rows, columns: source.head.rows)
        scores.withMutableView { gemm(source.last, source.head.transposed, into: $0) }
        guard let bias = source.bias else { return scores }
        let elements = scores.elements.indices.map { scores.elements[$0] + bias.base[$0 % scores.columns] }
        return Matrix(rows: scores.rows, columns: scores.columns, elements: elements)
    }

    @Test func aDecoderComputesTheSameInUse() throws {
        let model = Self.decoder(window: 5)
        disturb(model.parameters)
        let outputs = try model.outputs(Self.texts)
        let found = scores(try #require(outputs.scores))
        let used = model.model()
        for text in 0..<Self.texts.count {
            let range = Self.texts.range(text)
            let sequence = try DecoderSequence(used)
            var wanted = Matrix(rows: range.count, columns: found.columns)
            try sequence.append(Array(Self.texts.tokens[range])) { _, hidden in
                wanted.withMutableView { used.head.write(logitsOf: hidden, to: $0) }
            }
            found.rows(range).withView { #expect(error($0, wanted) < 1e-5) }
        }
    }

    @Test func aTranslatorComputesTheSameInUse() throws {
        let model = Self.translator()
        disturb(model.parameters)
        let outputs = try model.outputs(Self.pairs)
        let found = scores(try #require(outputs.scores))
        let used = model.model()
        for text in 0..<Self.pairs.source.count {
            let source = Array(Self.pairs.source.tokens[Self.pairs.source.range(text)])
            let state = try TranslationState(used, reading: RaggedBatch([source]))
            for place in Self.pairs.target.range(text) {
                var wanted = Matrix(rows: 1, columns: found.columns)
                try state.append([Self.pairs.target.tokens[place]]) { hidden in
                    wanted.withMutableView { used.head.write(logitsOf: hidden, to: $0) }
                }
                found.rows(place..<place + 1).withView { #expect(error($0, wanted) < 1e-5) }
            }
        }
    }

    @Test func threadsChangeNoBit() throws {
        func run(_ workers: Int) throws -> [Float] {
            try Parallel.$workers.withValue(workers) {
                let (model, teacher) = (Self.translator(), Self.translator())
                disturb(teacher.parameters)
                let sizes = (0..<40).map { 1 + $0 * 7 % 20 }
                let batch = TranslationBatch(
                    EncoderFixtures.texts(sizes),
                    EncoderFixtures.texts(sizes.reversed()),
                    startToken: 39
                )
                _ = try model.lossAndGradients(
                    batch,
                    teacher: teacher.outputs(batch),
                    Self.weights,
                    dropout: Self.dropout
                )
                return Array(model.parameters.gradients)
            }
        }
        try KernelPaths.unchanged {
            let one = try run(1)
            #expect(try run(1) == one)
            #expect(try run(2) == one)
            #expect(try run(3) == one)
        }
    }

    /// Batches that share their counts add up to the gradient of all texts together.
    @Test func batchesAddUp() throws {
        let teacher = Self.translator()
        disturb(teacher.parameters)
        let (sources, targets) = (EncoderFixtures.texts([7, 2, 12, 1]), EncoderFixtures.texts([5, 9, 1, 4]))
        func batch(_ range: Range<Int>) -> TranslationBatch {
            TranslationBatch(Array(sources[range]), Array(targets[range]), startToken: 39)
        }
        let whole = Self.translator()
        let all = try whole.lossAndGradients(batch(0..<4), teacher: teacher.outputs(batch(0..<4)), Self.weights)
        let parts = Self.translator()
        let counts = parts.counts(batch(0..<1)) + parts.counts(batch(1..<4))
        #expect(counts == whole.counts(batch(0..<4)))
        var sum = LossValues()
        for range in [0..<1, 1..<4] {
            let teacherOutputs = try teacher.outputs(batch(range))
            sum = try sum + parts.lossAndGradients(batch(range), teacher: teacherOutputs, Self.weights, counts: counts)
        }
        #expect(abs(sum.total(Self.weights) - all.total(Self.weights)) < 1e-5)
        let greatest = whole.parameters.gradients.reduce(0) { max($0, abs($1)) }
        let difference = zip(whole.parameters.gradients, parts.parameters.gradients).reduce(Float(0)) {
            max($0, abs($1.0 - $1.1))
        }
        #expect(difference < 1e-5 * greatest)
    }

    @Test func frozenTensorsHaveNoGradientAndChangeNoOther() throws {
        let (model, other) = (Self.decoder(), Self.decoder())
        var weights = LossWeights()
        weights.hard = 1
        other.parameters.assignRoles { $0.name.contains("embed_tokens") ? .derived : .frozen }
        try KernelPaths.unchanged {
            _ = try model.lossAndGradients(Self.texts, weights)
            _ = try other.lossAndGradients(Self.texts, weights)
        }
        for parameter in other.parameters.parameters {
            let found = Array(other.parameters.gradients[parameter.range])
            if parameter.role == .frozen {
                #expect(found.allSatisfy { $0 == 0 })
            } else {
                #expect(found == Array(model.parameters.gradients[parameter.range]))
            }
        }
        other.parameters.clearGradients()
        #expect(other.parameters.gradients.allSatisfy { $0 == 0 })
    }

    @Test func teachersOfAnotherShapeAreRefused() throws {
        let teacher = try Self.decoder().outputs(RaggedBatch([[1, 2, 3]]))
        for path in [\LossWeights.hidden, \.soft] {
            var weights = LossWeights()
            weights[keyPath: path] = 1
            #expect {
                _ = try Self.decoder().lossAndGradients(RaggedBatch([[1, 2]]), teacher: teacher, weights)
            } throws: { ($0 as? TransformerError)?.kind == .mismatch }
        }
        for path in [\LossWeights.cosine, \.pooled, \.embedding] {
            var weights = LossWeights()
            weights[keyPath: path] = 1
            #expect {
                _ = try Self.encoder().lossAndGradients(RaggedBatch([[1, 2, 3]]), teacher: teacher, weights)
            } throws: { ($0 as? TransformerError)?.kind == .mismatch }
        }
    }

    @Test func badBatchesAreRefused() throws {
        var weights = LossWeights()
        weights.hard = 1
        for texts in [[[1], []], [[1, 50]], [[-1]], [Array(repeating: 1, count: 65)]] {
            #expect(throws: TransformerError.self) {
                _ = try Self.decoder().lossAndGradients(RaggedBatch(texts), weights)
            }
        }
        let label = TranslationBatch([[1]], [[3, 40]], startToken: 39)
        #expect(throws: TransformerError.self) { _ = try Self.translator().lossAndGradients(label, weights) }
        let model = Self.decoder()
        model.parameters.values[0] = .nan
        #expect { _ = try model.lossAndGradients(RaggedBatch([[0, 1]]), weights) } throws: {
            ($0 as? TransformerError)?.kind == .notFinite
        }
    }
}
