import Checkpoints
import GGUF
import LinearAlgebra
import TensorFile
import Transformer

/// Builds a decoder from a checkpoint, comparing what the configuration says with what the tensors are.
struct DecoderLoading {
    let family: DecoderArchitecture
    let configuration: DecoderConfiguration
    private let weights: WeightSource
    let names: DecoderTensorNames
    private let pairing: RotaryEmbedding.Pairing

    /// Finds the family and the naming of `weights`, whose configuration is `model`.
    init(_ weights: WeightSource, _ model: ModelConfiguration) throws {
        let known = DecoderArchitecture.all.flatMap(\.modelTypes).joined(separator: ", ")
        guard let type = model.modelType else {
            throw TensorFileError(
                .missing,
                file: weights.path,
                place: "configuration",
                cause: "nothing says what kind of model this is",
                remedy: "name a model directory with config.json, or a GGUF file of a known kind (\(known))"
            )
        }
        guard let family = DecoderArchitecture.named(type) else {
            throw TensorFileError(
                .unsupported,
                file: weights.path,
                place: "model type",
                cause: "\"\(type)\" is no decoder that this program runs",
                remedy: "known are \(known)"
            )
        }
        self.family = family
        self.weights = weights
        (names, pairing) = try Self.naming(of: weights, family)
        if let json = model.json {
            configuration = try DecoderConfiguration(huggingFace: json, family: family, file: weights.path)
        } else if let gguf = weights.source.ggufModel {
            configuration = try DecoderConfiguration(gguf: gguf, family: family, weights: weights)
        } else {
            throw weights.unknownSizes
        }
    }

    /// A model whose configuration is known already, under the names `names`.
    init(
        _ weights: WeightSource,
        family: DecoderArchitecture,
        configuration: DecoderConfiguration,
        names: DecoderTensorNames,
        pairing: RotaryEmbedding.Pairing
    ) {
        self.weights = weights
        self.family = family
        self.configuration = configuration
        self.names = names
        self.pairing = pairing
    }

    /// Hugging Face's names, with or without the wrapper's prefix, or llama.cpp's: by the embedding that is there.
    private static func naming(
        of weights: WeightSource,
        _ family: DecoderArchitecture
    ) throws -> (DecoderTensorNames, RotaryEmbedding.Pairing) {
        var bare = family.huggingFace
        let prefix = "model."
        for path in [\DecoderTensorNames.embedding, \.norm, \.layerPrefix] where bare[keyPath: path].hasPrefix(prefix) {
            bare[keyPath: path].removeFirst(prefix.count)
        }
        let candidates = [(family.huggingFace, .halves), (bare, .halves), (family.gguf, family.ggufPairing)]
        if let found = candidates.first(where: { weights.contains($0.0.embedding + ".weight") }) { return found }
        throw TensorFileError(
            .missing,
            file: weights.path,
            place: "tensor \"\(family.huggingFace.embedding).weight\"",
            cause: "there is no input embedding under this name or \"\(family.gguf.embedding).weight\"",
            remedy: "fetch the whole checkpoint, or correct the configuration's model_type"
        )
    }

    /// The model.
    func model() throws -> DecoderModel {
        let configuration = configuration
        let attention = AttentionShape(
            heads: configuration.heads,
            keyValueHeads: configuration.keyValueHeads,
            headWidth: configuration.headWidth
        )
        let embedding = try weights.table(
            names.embedding + ".weight",
            rows: configuration.vocabularySize,
            columns: configuration.width
        )
        let layers = try (0..<configuration.layerCount).map { try layer($0, attention) }
        let norm = try norm(names.norm)
        let head = try head(embedding)
        var ignored = family.huggingFace.ignored + family.gguf.ignored
        if configuration.tiesEmbeddings == true { ignored.append(names.head + ".weight") }
        try weights.checkNothingIsLeft(ignored: ignored, family: family.name)
        let shape = DecoderShape(
            vocabularySize: embedding.tokenCount,
            width: configuration.width,
            layerCount: configuration.layerCount,
            attention: attention,
            innerWidth: configuration.innerWidth,
            normEpsilon: configuration.normEpsilon,
            rotary: RotaryEmbedding(
                width: configuration.rotaryWidth,
                base: configuration.rotaryBase,
                pairing: pairing,
                scaling: configuration.rotaryScaling,
                attentionFactor: configuration.attentionFactor
            ),
            window: configuration.window,
            contextLength: configuration.contextLength
        )
        return DecoderModel(shape: shape, embedding: embedding, layers: layers, norm: norm, head: head)
    }

    /// Whether the head is the embedding. Where nothing is said, a head that is there counts.
    var isTied: Bool { configuration.tiesEmbeddings ?? !weights.contains(names.head + ".weight") }

    private func head(_ embedding: any TokenTable) throws -> any OutputHead {
        let name = names.head + ".weight"
        if isTied { return embedding }
        let table = try weights.table(name, rows: embedding.tokenCount, columns: configuration.width)
        let bias = try weights.optionalVector(names.head + ".bias", count: embedding.tokenCount)
        return table.adding(bias)
    }

    private func layer(_ index: Int, _ attention: AttentionShape) throws -> DecoderLayer {
        let (width, inner) = (configuration.width, configuration.innerWidth)
        func name(_ part: String) -> String { names.layer(index, part) }
        let inputs = [attention.queryWidth, attention.keyWidth, attention.keyWidth]
        return DecoderLayer(
            attentionNorm: try norm(name(names.attentionNorm)),
            attentionInput: try weights.linear(names.attentionInput.map(name), outputs: inputs, inputs: width),
            attentionOutput: try weights.linear(
                [name(names.attentionOutput)],
                outputs: [width],
                inputs: attention.queryWidth
            ),
            feedForwardNorm: try norm(name(names.feedForwardNorm)),
            feedForward: GatedFeedForward(
                gateAndUp: try weights.linear(names.gateAndUp.map(name), outputs: [inner, inner], inputs: width),
                down: try weights.linear([name(names.down)], outputs: [width], inputs: inner)
            )
        )
    }

    private func norm(_ name: String) throws -> RMSNorm {
        RMSNorm(
            weight: try weights.vector(name + ".weight", count: configuration.width),
            epsilon: configuration.normEpsilon
        )
    }
}
