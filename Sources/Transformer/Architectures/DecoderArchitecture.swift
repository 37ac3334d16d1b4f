/// What tells one family of decoders from another: names of its tensors and the conventions of its files.
///
/// A new family is one file in `Architectures/` and one line in `DecoderArchitecture.all`.
public struct DecoderArchitecture: Sendable {
    /// The family's name.
    public let name: String
    /// Values of `model_type` (Hugging Face) or `general.architecture` (GGUF) that mean this family.
    public let modelTypes: [String]
    /// Hugging Face's names.
    public let huggingFace: DecoderTensorNames
    /// llama.cpp's names.
    public let gguf: DecoderTensorNames
    /// The pairs of rotated numbers in weights under llama.cpp's names; Hugging Face's are always halves.
    public let ggufPairing: RotaryEmbedding.Pairing
    /// Kinds of scaled rotary embeddings that the family has, by Hugging Face's names.
    public let rotaryScalings: Set<String>
    /// Whether tokens see a sliding window only, where the configuration names one.
    public let hasWindow: Bool

    /// Every family known.
    public static let all: [DecoderArchitecture] = [.llama, .mistral, .phi3]

    /// The family that `modelType` names.
    public static func named(_ modelType: String) -> DecoderArchitecture? {
        all.first { $0.modelTypes.contains(modelType.lowercased()) }
    }
}

/// The names of a decoder's tensors in one kind of file. Names of a layer's parts follow `layerPrefix`, the layer's
/// number and a dot; `.weight` and `.bias` follow the names.
public struct DecoderTensorNames: Sendable {
    /// The input embedding.
    public var embedding: String
    /// The norm before the head.
    public var norm: String
    /// The head; absent where it is tied to the embedding.
    public var head: String
    /// What begins the names of a layer's parts.
    public var layerPrefix: String
    /// The norm before attention.
    public var attentionNorm: String
    /// Query, key and value weights: one name where they are fused, three where not.
    public var attentionInput: [String]
    /// The product after attention.
    public var attentionOutput: String
    /// The norm before the feed-forward part.
    public var feedForwardNorm: String
    /// Gate and up: one name where they are fused, two where not.
    public var gateAndUp: [String]
    /// The last product of the feed-forward part.
    public var down: String
    /// Endings of tensors that say nothing new and may be there: tables that can be computed.
    public var ignored: [String]

    /// The names of one kind of file.
    public init(
        embedding: String,
        norm: String,
        head: String,
        layerPrefix: String,
        attentionNorm: String,
        attentionInput: [String],
        attentionOutput: String,
        feedForwardNorm: String,
        gateAndUp: [String],
        down: String,
        ignored: [String] = []
    ) {
        self.embedding = embedding
        self.norm = norm
        self.head = head
        self.layerPrefix = layerPrefix
        self.attentionNorm = attentionNorm
        self.attentionInput = attentionInput
        self.attentionOutput = attentionOutput
        self.feedForwardNorm = feedForwardNorm
        self.gateAndUp = gateAndUp
        self.down = down
        self.ignored = ignored
    }

    /// The name of a part of layer `index`.
    public func layer(_ index: Int, _ part: String) -> String { "\(layerPrefix)\(index).\(part)" }
}
