import LinearAlgebra
import Transformer

/// Models of the sizes that the benchmark names, with random weights.
struct RandomModels {
    let sizes: Sizes

    /// Sizes of a model.
    struct Sizes: Sendable {
        var vocabulary: Int
        var width: Int
        var inner: Int
        var layers: Int
        var heads: Int
    }

    private func matrix(_ rows: Int, _ columns: Int, _ seed: Int) -> Matrix {
        var random = SplitMix64(seed: 7, stream: seed)
        let scale = 1 / Float(columns).squareRoot()
        return Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() * scale })
    }

    private func linear(_ outputs: Int, _ inputs: Int, _ seed: Int) -> Linear {
        Linear(WeightMatrix(matrix(outputs, inputs, seed)), bias: [Float](repeating: 0.01, count: outputs))
    }

    private var norm: LayerNorm {
        LayerNorm(
            weight: [Float](repeating: 1, count: sizes.width),
            bias: [Float](repeating: 0, count: sizes.width),
            epsilon: 1e-5
        )
    }

    private func layer(_ activation: Activation, _ seed: Int) -> EncoderLayer {
        let width = sizes.width
        return EncoderLayer(
            attentionInput: linear(3 * width, width, seed),
            attentionOutput: linear(width, width, seed + 1),
            attentionNorm: norm,
            feedForward: FeedForward(
                up: linear(sizes.inner, width, seed + 2),
                down: linear(width, sizes.inner, seed + 3),
                activation: activation
            ),
            feedForwardNorm: norm
        )
    }

    private func shape(_ context: Int) -> EncoderShape {
        EncoderShape(
            width: sizes.width,
            layerCount: sizes.layers,
            heads: sizes.heads,
            innerWidth: sizes.inner,
            contextLength: context
        )
    }

    /// A translator with one table for everything, as Marian has it.
    func translator() -> TranslationModel {
        let (width, shape) = (sizes.width, shape(256))
        let table = DenseTable(WeightMatrix(matrix(sizes.vocabulary, width, 1)))
        let embedding = TokenEmbedding(
            table: table,
            scale: Float(width).squareRoot(),
            positions: .sinusoidal(context: 256, width: width)
        )
        let layers = (0..<sizes.layers).map { index -> TranslationLayer in
            let common = layer(.silu, 1000 + 10 * index)
            return TranslationLayer(
                selfInput: common.attentionInput,
                selfOutput: common.attentionOutput,
                selfNorm: common.attentionNorm,
                sourceQuery: linear(width, width, 2000 + 10 * index),
                sourceKeyValue: linear(2 * width, width, 2001 + 10 * index),
                sourceOutput: linear(width, width, 2002 + 10 * index),
                sourceNorm: norm,
                feedForward: common.feedForward,
                feedForwardNorm: common.feedForwardNorm
            )
        }
        return TranslationModel(
            encoder: EncoderModel(
                shape: shape,
                embedding: embedding,
                layers: (0..<sizes.layers).map { layer(.silu, 100 + 10 * $0) }
            ),
            shape: shape,
            embedding: embedding,
            layers: layers,
            head: BiasedHead(base: table, bias: [Float](repeating: 0, count: sizes.vocabulary))
        )
    }

    /// An encoder as BERT is one.
    func encoder() -> EncoderModel {
        EncoderModel(
            shape: shape(512),
            embedding: TokenEmbedding(
                table: DenseTable(WeightMatrix(matrix(sizes.vocabulary, sizes.width, 1))),
                positions: PositionTable(matrix(512, sizes.width, 2)),
                types: matrix(2, sizes.width, 3),
                norm: norm
            ),
            layers: (0..<sizes.layers).map { layer(.gelu, 100 + 10 * $0) }
        )
    }
}
