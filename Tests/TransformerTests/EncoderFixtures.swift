import LinearAlgebra

@testable import Transformer

/// Small encoders and translators with random weights.
enum EncoderFixtures {
    static func linear(_ outputs: Int, _ inputs: Int, seed: UInt64) -> Linear {
        let matrix = normalMatrix(outputs, inputs, seed: seed)
        let scale = 1 / Float(inputs).squareRoot()
        return Linear(
            WeightMatrix(Matrix(rows: outputs, columns: inputs, elements: matrix.elements.map { $0 * scale })),
            bias: normalMatrix(1, outputs, seed: seed + 1).elements.map { $0 * 0.1 }
        )
    }

    static func norm(_ width: Int) -> LayerNorm {
        LayerNorm(
            weight: [Float](repeating: 1, count: width),
            bias: [Float](repeating: 0, count: width),
            epsilon: 1e-5
        )
    }

    static func layer(_ width: Int, _ inner: Int, seed: UInt64) -> EncoderLayer {
        EncoderLayer(
            attentionInput: linear(3 * width, width, seed: seed),
            attentionOutput: linear(width, width, seed: seed + 10),
            attentionNorm: norm(width),
            feedForward: FeedForward(
                up: linear(inner, width, seed: seed + 20),
                down: linear(width, inner, seed: seed + 30),
                activation: .gelu
            ),
            feedForwardNorm: norm(width)
        )
    }

    static func encoder(vocabulary: Int = 40, width: Int = 24, heads: Int = 3, context: Int = 300) -> EncoderModel {
        EncoderModel(
            shape: EncoderShape(width: width, layerCount: 2, heads: heads, innerWidth: 40, contextLength: context),
            embedding: TokenEmbedding(
                table: DenseTable(WeightMatrix(normalMatrix(vocabulary, width, seed: 1))),
                positions: .sinusoidal(context: context, width: width),
                norm: norm(width)
            ),
            layers: [layer(width, 40, seed: 100), layer(width, 40, seed: 200)]
        )
    }

    static func translator(vocabulary: Int = 40, width: Int = 24, context: Int = 60) -> TranslationModel {
        let encoder = encoder(vocabulary: vocabulary, width: width, context: context)
        let common = layer(width, 36, seed: 300)
        return TranslationModel(
            encoder: encoder,
            shape: EncoderShape(width: width, layerCount: 1, heads: 2, innerWidth: 36, contextLength: context),
            embedding: TokenEmbedding(
                table: encoder.embedding.table,
                positions: .sinusoidal(context: context, width: width)
            ),
            layers: [
                TranslationLayer(
                    selfInput: common.attentionInput,
                    selfOutput: common.attentionOutput,
                    selfNorm: common.attentionNorm,
                    sourceQuery: linear(width, width, seed: 400),
                    sourceKeyValue: linear(2 * width, width, seed: 410),
                    sourceOutput: linear(width, width, seed: 420),
                    sourceNorm: norm(width),
                    feedForward: common.feedForward,
                    feedForwardNorm: common.feedForwardNorm
                )
            ],
            head: DenseTable(WeightMatrix(normalMatrix(vocabulary, width, seed: 500)))
        )
    }

    /// Texts of these lengths.
    static func texts(_ lengths: [Int], vocabulary: Int = 40) -> [[Int]] {
        lengths.enumerated().map { text, length in (0..<length).map { (3 + 7 * $0 + 11 * text) % vocabulary } }
    }
}
