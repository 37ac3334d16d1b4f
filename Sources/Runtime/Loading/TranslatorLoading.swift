import Checkpoints
import LinearAlgebra
import TensorFile
import Transformer

/// Builds a translator from a checkpoint, comparing what the configuration says with what the tensors are.
struct TranslatorLoading {
    let family: TranslatorArchitecture
    let configuration: TranslatorConfiguration
    private let weights: WeightSource

    /// Reads the configuration `model` of `weights`, a model of `family`.
    init(_ weights: WeightSource, _ model: ModelConfiguration, family: TranslatorArchitecture) throws {
        self.family = family
        self.weights = weights
        guard let json = model.json else {
            throw weights.unknownSizes
        }
        configuration = try TranslatorConfiguration(huggingFace: json, family: family, file: weights.path)
    }

    /// The model.
    func model() throws -> TranslationModel {
        let configuration = configuration
        let width = configuration.encoder.width
        let source = try table(family.encoder, other: family.decoder, rows: configuration.vocabularySize)
        let target = try table(family.decoder, other: family.encoder, rows: configuration.targetVocabularySize)
        let encoder = EncoderModel(
            shape: configuration.encoder,
            embedding: try embedding(source, family.encoder, configuration.encoder),
            layers: try (0..<configuration.encoder.layerCount).map {
                try weights.encoderLayer(
                    $0,
                    family.encoder,
                    configuration.encoder,
                    activation: configuration.activation,
                    epsilon: configuration.normEpsilon
                )
            }
        )
        let layers = try (0..<configuration.decoder.layerCount).map(layer)
        let bias = try weights.optionalVector(family.headBias, count: target.tokenCount)
        let headName = family.head + ".weight"
        let head =
            try configuration.tiesHead ? target : weights.table(headName, rows: target.tokenCount, columns: width)
        // Files of older programs hold a shared table under every name.
        var ignored = configuration.tiesHead ? [headName] : []
        if configuration.sharesEmbedding {
            ignored += [family.sharedEmbedding, family.encoder.embedding, family.decoder.embedding].map {
                $0 + ".weight"
            }
        }
        try weights.checkNothingIsLeft(ignored: ignored, family: family.name)
        return TranslationModel(
            encoder: encoder,
            shape: configuration.decoder,
            embedding: try embedding(target, family.decoder, configuration.decoder),
            layers: layers,
            head: head.adding(bias)
        )
    }

    /// The embedding of a half. Where the halves share one, files hold it under its own name, under that of either half, or
    /// under all three; the halves' own ones come first where transformers ties none of them.
    private func table(_ half: EncoderTensorNames, other: EncoderTensorNames, rows: Int) throws -> any TokenTable {
        try weights.table(name(half, other: other) + ".weight", rows: rows, columns: configuration.encoder.width)
    }

    private func name(_ half: EncoderTensorNames, other: EncoderTensorNames) -> String {
        var names = [half.embedding]
        if configuration.sharesEmbedding {
            names.insert(family.sharedEmbedding, at: configuration.tiesHead ? 0 : 1)
            names.append(other.embedding)
        }
        return names.first { weights.contains($0 + ".weight") } ?? names[0]
    }

    /// The names of the vocabulary tables; where they are tied, they are the same.
    var tables: TranslatorTables {
        let target = name(family.decoder, other: family.encoder)
        return TranslatorTables(
            source: name(family.encoder, other: family.decoder),
            target: target,
            head: configuration.tiesHead ? target : family.head
        )
    }

    private func embedding(
        _ table: any TokenTable,
        _ names: EncoderTensorNames,
        _ shape: EncoderShape
    ) throws -> TokenEmbedding {
        let name = names.positions + ".weight"
        let positions =
            try weights.contains(name)
            ? PositionTable(weights.decodedMatrix(name, rows: shape.contextLength, columns: shape.width))
            : PositionTable.sinusoidal(context: min(shape.contextLength, 1 << 16), width: shape.width)
        return TokenEmbedding(
            table: table,
            scale: configuration.scalesEmbedding ? Float(Double(shape.width).squareRoot()) : 1,
            positions: positions
        )
    }

    private func layer(_ index: Int) throws -> TranslationLayer {
        let (shape, epsilon) = (configuration.decoder, configuration.normEpsilon)
        let width = shape.width
        let common = try weights.encoderLayer(
            index,
            family.decoder,
            shape,
            activation: configuration.activation,
            epsilon: epsilon
        )
        func name(_ part: String) -> String { "\(family.decoder.layerPrefix)\(index).\(part)" }
        let attention = family.sourceAttention
        return TranslationLayer(
            selfInput: common.attentionInput,
            selfOutput: common.attentionOutput,
            selfNorm: common.attentionNorm,
            sourceQuery: try weights.linear([name(attention.input[0])], outputs: [width], inputs: width),
            sourceKeyValue: try weights.linear(
                attention.input.dropFirst().map(name),
                outputs: [width, width],
                inputs: width
            ),
            sourceOutput: try weights.linear([name(attention.output)], outputs: [width], inputs: width),
            sourceNorm: try weights.layerNorm(name(attention.norm), width: width, epsilon: epsilon),
            feedForward: common.feedForward,
            feedForwardNorm: common.feedForwardNorm
        )
    }
}
