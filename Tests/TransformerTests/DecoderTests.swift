import LinearAlgebra
import TestSupport
import Testing
import Transformer

/// A small decoder with random weights.
enum TestDecoder {
    static func make(
        rotary: RotaryEmbedding = RotaryEmbedding(width: 8, base: 100, pairing: .halves),
        window: Int? = nil,
        context: Int = 64,
        damaged: Bool = false
    ) -> DecoderModel {
        let attention = AttentionShape(heads: 4, keyValueHeads: 2, headWidth: 8)
        let (width, inner, vocabulary) = (24, 40, 50)
        func matrix(_ rows: Int, _ columns: Int, _ seed: Int) -> WeightMatrix {
            var values = normalMatrix(rows, columns, seed: UInt64(seed))
            values.elements = values.elements.map { $0 / Float(columns).squareRoot() }
            return WeightMatrix(values)
        }
        let norm = RMSNorm(weight: [Float](repeating: 1, count: width), epsilon: 1e-5)
        let layers = (0..<2).map { layer in
            DecoderLayer(
                attentionNorm: norm,
                attentionInput: Linear(matrix(64, width, 10 * layer + 1)),
                attentionOutput: Linear(matrix(width, 32, 10 * layer + 2)),
                feedForwardNorm: norm,
                feedForward: GatedFeedForward(
                    gateAndUp: Linear([matrix(inner, width, 10 * layer + 3), matrix(inner, width, 10 * layer + 4)]),
                    down: Linear(matrix(width, inner, 10 * layer + 5))
                )
            )
        }
        var table = normalMatrix(vocabulary, width, seed: 99)
        if damaged { table.elements[3 * width] = .nan }
        return DecoderModel(
            shape: DecoderShape(
                vocabularySize: vocabulary,
                width: width,
                layerCount: 2,
                attention: attention,
                innerWidth: inner,
                normEpsilon: 1e-5,
                rotary: rotary,
                window: window,
                contextLength: context
            ),
            embedding: DenseTable(WeightMatrix(table)),
            layers: layers,
            norm: norm,
            head: DenseTable(WeightMatrix(table))
        )
    }

    /// The scores after each of `tokens`, appended in pieces of the given sizes.
    static func logits(_ model: DecoderModel, _ tokens: [Int], sizes: [Int]) throws -> [[Float]] {
        let sequence = try DecoderSequence(model)
        var first = 0
        return try sizes.map { size in
            defer { first += size }
            return try sequence.logits(appending: Array(tokens[first..<first + size]))
        }
    }
}

/// Sequences: what is remembered, what is refused.
@Suite struct DecoderTests {
    private let tokens = (0..<30).map { (7 * $0) % 50 }

    private func difference(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $1.0.isFinite && $1.1.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity }
    }

    @Test func batchesAndSingleTokensAgree() throws {
        let model = TestDecoder.make(window: 11)
        let singly = try TestDecoder.logits(model, tokens, sizes: Array(repeating: 1, count: 30))
        let inBatches = try TestDecoder.logits(model, tokens, sizes: [12, 1, 17])
        for (batch, end) in zip(inBatches, [12, 13, 30]) { #expect(difference(batch, singly[end - 1]) < 1e-4) }
        let sequence = try DecoderSequence(model)
        _ = try sequence.logits(appending: [1, 2, 3])
        sequence.removeAll()
        #expect(try difference(sequence.logits(appending: Array(tokens[..<12])), inBatches[0]) < 1e-6)
    }

    @Test func outgrowingTheShortFrequenciesStartsAgain() throws {
        let rotary = RotaryEmbedding(
            width: 8,
            base: 100,
            pairing: .halves,
            scaling: .longRoPE(short: [1, 1, 1, 1], long: [2, 3, 4, 5], originalContext: 20)
        )
        let model = TestDecoder.make(rotary: rotary)
        let grown = try TestDecoder.logits(model, tokens, sizes: Array(repeating: 1, count: 30))
        for length in [19, 20, 21, 22, 30] {
            let fresh = try TestDecoder.logits(model, Array(tokens[..<length]), sizes: [length])
            #expect(difference(fresh[0], grown[length - 1]) < 1e-4, "after \(length) tokens")
        }
        // What is observed while the past runs again is not reported a second time.
        let sequence = try DecoderSequence(model)
        _ = try sequence.logits(appending: Array(tokens[..<18]))
        var places: [Int] = []
        try sequence.append(
            Array(tokens[18..<25]),
            observe: { layer, first, state in
                if layer == 0 { places += (first..<first + state.rows) }
            }
        ) { _, _ in }
        #expect(places == Array(0..<7))
        sequence.removeAll()
        #expect(try difference(sequence.logits(appending: Array(tokens[..<19])), grown[18]) < 1e-4)
    }

    @Test func observersSeeEveryLayer() throws {
        let model = TestDecoder.make()
        let sequence = try DecoderSequence(model)
        var seen: [Int] = []
        var last: [Float] = []
        try sequence.append(
            Array(tokens[..<5]),
            observe: { layer, first, state in
                seen.append(layer)
                #expect(first == 0 && state.rows == 5 && state.columns == 24)
                if layer == 2 { last = (0..<24).map { state.base[4 * state.rowStride + $0] } }
            }
        ) { _, hidden in
            #expect((0..<24).allSatisfy { hidden.base[4 * hidden.rowStride + $0] == last[$0] })
        }
        #expect(seen == [0, 1, 2])
    }

    @Test func impossibleInputsAreRefused() throws {
        let sequence = try DecoderSequence(TestDecoder.make(context: 8))
        func kind(_ tokens: [Int]) -> TransformerError.Kind? {
            do { _ = try sequence.logits(appending: tokens) } catch { return (error as? TransformerError)?.kind }
            return nil
        }
        #expect(kind([]) == .emptyInput)
        #expect(kind([1, 50]) == .tokenOutOfRange)
        #expect(kind([-1]) == .tokenOutOfRange)
        #expect(kind(Array(repeating: 1, count: 9)) == .contextOverflow)
        #expect(kind(Array(repeating: 1, count: 8)) == nil)
        #expect(kind([1]) == .contextOverflow)
        #expect(sequence.tokens.count == 8)
        #expect(throws: TransformerError.self) {
            try KeyValueCache(layers: 4096, heads: 1 << 20, headWidth: 1 << 20, capacity: 1 << 31)
        }
    }

    @Test func threadsChangeNoBit() throws {
        let model = TestDecoder.make()
        try KernelPaths.unchanged {
            let one = try Parallel.$workers.withValue(1) { try TestDecoder.logits(model, tokens, sizes: [20, 10]) }
            let three = try Parallel.$workers.withValue(3) { try TestDecoder.logits(model, tokens, sizes: [20, 10]) }
            #expect(one == three)
        }
    }

    @Test func scoresThatAreNotFiniteAreRefused() throws {
        let sequence = try DecoderSequence(TestDecoder.make(damaged: true))
        var sampler = Sampler(SamplingOptions())
        let logits = try sequence.logits(appending: [3])
        #expect(throws: TransformerError.self) { try sampler.next(logits, after: [3]) }
    }
}
