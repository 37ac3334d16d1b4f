import Checkpoints
import GGUF
import LinearAlgebra
import TensorFile
import Transformer

/// Builds an encoder from a checkpoint, comparing what the configuration says with what the tensors are.
struct EncoderLoading {
    let family: EncoderArchitecture
    let configuration: EncoderConfiguration
    private let weights: WeightSource
    let names: EncoderTensorNames

    /// Finds the naming of `weights`, whose configuration is `model`, a model of `family`.
    init(_ weights: WeightSource, _ model: ModelConfiguration, family: EncoderArchitecture) throws {
        self.family = family
        self.weights = weights
        let candidates = family.prefixes.map { family.huggingFace.prefixed(by: $0) } + [family.gguf]
        guard let names = candidates.first(where: { weights.contains($0.embedding + ".weight") }) else {
            throw TensorFileError(
                .missing,
                file: weights.path,
                place: "tensor \"\(family.huggingFace.embedding).weight\"",
                cause: "there is no input embedding under this name or \"\(family.gguf.embedding).weight\"",
                remedy: "fetch the whole checkpoint, or correct the configuration's model_type"
            )
        }
        self.names = names
        if let json = model.json {
            configuration = try EncoderConfiguration(huggingFace: json, family: family, file: weights.path)
        } else if let gguf = weights.source.ggufModel {
            configuration = try EncoderConfiguration(gguf: gguf)
        } else {
            throw weights.unknownSizes
        }
    }

    /// The model, and its head that fills blanks where it has one.
    func model() throws -> (encoder: EncoderModel, head: MaskedLanguageHead?) {
        let (shape, epsilon) = (configuration.shape, configuration.normEpsilon)
        let hasHead = weights.contains(family.maskedHead.transform + ".weight")
        let table = try weights.table(
            names.embedding + ".weight",
            rows: configuration.vocabularySize,
            columns: shape.width,
            isHead: hasHead
        )
        let positions = try weights.decodedMatrix(
            names.positions + ".weight",
            rows: shape.contextLength,
            columns: shape.width
        )
        let types = try names.types.map {
            try weights.decodedMatrix($0 + ".weight", rows: configuration.typeCount, columns: shape.width)
        }
        let embedding = TokenEmbedding(
            table: table,
            positions: PositionTable(positions),
            types: types,
            norm: try names.embeddingNorm.map {
                try weights.layerNorm($0, width: shape.width, epsilon: epsilon)
            }
        )
        let layers = try (0..<shape.layerCount).map {
            try weights.encoderLayer($0, names, shape, activation: configuration.activation, epsilon: epsilon)
        }
        let head = try maskedHead(table)
        try weights.checkNothingIsLeft(ignored: names.ignored, family: family.name)
        return (EncoderModel(shape: shape, embedding: embedding, layers: layers), head)
    }

    private func maskedHead(_ table: any TokenTable) throws -> MaskedLanguageHead? {
        let (names, width) = (family.maskedHead, configuration.shape.width)
        guard weights.contains(names.transform + ".weight") else { return nil }
        let own = names.head + ".weight"
        let head =
            try weights.contains(own) ? weights.table(own, rows: table.tokenCount, columns: width) : table
        let bias = try weights.optionalVector(names.bias, count: table.tokenCount)
        return MaskedLanguageHead(
            transform: try weights.linear([names.transform], outputs: [width], inputs: width),
            activation: configuration.activation,
            norm: try weights.layerNorm(names.norm, width: width, epsilon: configuration.normEpsilon),
            head: head.adding(bias)
        )
    }
}
