/// What tells one family of encoders from another: the names of its tensors.
///
/// A new family is one file in `Architectures/` and one line in `EncoderArchitecture.all`.
public struct EncoderArchitecture: Sendable {
    /// The family's name.
    public let name: String
    /// Values of `model_type` (Hugging Face) or `general.architecture` (GGUF) that mean this family.
    public let modelTypes: [String]
    /// Hugging Face's names.
    public let huggingFace: EncoderTensorNames
    /// llama.cpp's names.
    public let gguf: EncoderTensorNames
    /// Prefixes of Hugging Face's names, where a larger model holds the encoder as a part.
    public let prefixes: [String]
    /// The head that fills blanks, where there is one.
    public let maskedHead: MaskedHeadNames

    /// Every family known.
    public static let all: [EncoderArchitecture] = [.bert]

    /// The family that `modelType` names.
    public static func named(_ modelType: String) -> EncoderArchitecture? {
        all.first { $0.modelTypes.contains(modelType.lowercased()) }
    }
}

/// The names of an encoder's tensors in one kind of file. Names of a layer's parts follow `layerPrefix`, the layer's number
/// and a dot; `.weight` and `.bias` follow the names.
public struct EncoderTensorNames: Sendable {
    /// The input embedding.
    public var embedding: String
    /// Vectors of places; absent where they are computed.
    public var positions: String
    /// Vectors of kinds of text; nil where the family has none.
    public var types: String?
    /// The norm after the embedding; nil where the family has none.
    public var embeddingNorm: String?
    /// What begins the names of a layer's parts.
    public var layerPrefix: String
    /// The parts of a layer.
    public var layer: EncoderLayerNames
    /// Endings of tensors that add nothing to the last hidden state and may be there.
    public var ignored: [String]

    /// The names of one kind of file.
    public init(
        embedding: String,
        positions: String,
        types: String? = nil,
        embeddingNorm: String? = nil,
        layerPrefix: String,
        layer: EncoderLayerNames,
        ignored: [String] = []
    ) {
        self.embedding = embedding
        self.positions = positions
        self.types = types
        self.embeddingNorm = embeddingNorm
        self.layerPrefix = layerPrefix
        self.layer = layer
        self.ignored = ignored
    }

    /// The same names behind `prefix`.
    public func prefixed(by prefix: String) -> EncoderTensorNames {
        EncoderTensorNames(
            embedding: prefix + embedding,
            positions: prefix + positions,
            types: types.map { prefix + $0 },
            embeddingNorm: embeddingNorm.map { prefix + $0 },
            layerPrefix: prefix + layerPrefix,
            layer: layer,
            ignored: ignored
        )
    }
}

/// The names of the parts of an encoder's layer.
public struct EncoderLayerNames: Sendable {
    /// Query, key and value weights.
    public var attentionInput: [String]
    /// The product after attention.
    public var attentionOutput: String
    /// The norm after attention.
    public var attentionNorm: String
    /// The first product of the feed-forward part.
    public var up: String
    /// The second one.
    public var down: String
    /// The norm after the feed-forward part.
    public var feedForwardNorm: String

    /// The names of one kind of file.
    public init(
        attentionInput: [String],
        attentionOutput: String,
        attentionNorm: String,
        up: String,
        down: String,
        feedForwardNorm: String
    ) {
        self.attentionInput = attentionInput
        self.attentionOutput = attentionOutput
        self.attentionNorm = attentionNorm
        self.up = up
        self.down = down
        self.feedForwardNorm = feedForwardNorm
    }
}

/// The names of the parts of a head that fills blanks.
public struct MaskedHeadNames: Sendable {
    /// The product before the scores.
    public var transform: String
    /// The norm after it.
    public var norm: String
    /// The head; absent where it is tied to the embedding.
    public var head: String
    /// What is added to the scores.
    public var bias: String

    /// The names of one family.
    public init(transform: String, norm: String, head: String, bias: String) {
        self.transform = transform
        self.norm = norm
        self.head = head
        self.bias = bias
    }
}
