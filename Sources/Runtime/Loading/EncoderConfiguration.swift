import GGUF
import JSONText
import TensorFile
import Transformer

/// What a configuration says of an encoder, checked by itself; the tensors have not been looked at.
struct EncoderConfiguration {
    /// Rows of the vocabulary tables; nil where only the tensors say it.
    var vocabularySize: Int?
    var shape: EncoderShape
    var normEpsilon: Float
    var activation: Activation
    /// Kinds of text; nil where only the tensors say it.
    var typeCount: Int?
    /// How tokens' vectors become a text's, where a GGUF file says it.
    var pooling: SentencePooling?

    /// The most layers that are read: real models stay below 200.
    static let maximumLayers = 4096

    /// Reads a Hugging Face `config.json`; keys and defaults are those of the transformers library.
    init(huggingFace json: JSONValue, family: EncoderArchitecture, file: String) throws(TensorFileError) {
        let reader = ConfigurationReader(json: json, model: file)
        let limit = 1 << 24
        vocabularySize = try reader.integer("vocab_size", in: 1...limit)
        shape = try reader.encoderShape(
            width: "hidden_size",
            layers: "num_hidden_layers",
            heads: "num_attention_heads",
            inner: "intermediate_size",
            context: "max_position_embeddings"
        )
        normEpsilon = Float(try reader.number("layer_norm_eps", default: 1e-12))
        activation = try reader.activation("hidden_act", default: "gelu")
        typeCount = try reader.integer("type_vocab_size", in: 1...limit, default: 2)
        let positions = json["position_embedding_type"]?.string ?? "absolute"
        guard positions == "absolute" else {
            throw reader.failure("position_embedding_type", "\"\(positions)\" where absolute is read", .unsupported)
        }
        guard json["is_decoder"]?.bool ?? false == false else {
            throw reader.failure("is_decoder", "a \(family.name) model that is used as a decoder", .unsupported)
        }
        guard normEpsilon >= 0, normEpsilon.isFinite else { throw reader.failure("layer_norm_eps", "no ε") }
    }

    /// Reads the keys of a GGUF file, as llama.cpp does.
    init(gguf model: GGUFModel) throws(TensorFileError) {
        let metadata = model.metadata
        let sizes: GGUFHyperparameters
        do throws(TensorFileError) { sizes = try GGUFHyperparameters(metadata) } catch {
            throw error.inFile(model.path)
        }
        func failure(_ key: GGUFModelKey, _ cause: String) -> TensorFileError {
            TensorFileError(
                .unsupported,
                file: model.path,
                place: "key \(key.name(for: sizes.architecture))",
                cause: cause,
                remedy: "convert the original model again"
            )
        }
        guard let inner = sizes.feedForwardLengths.first, inner > 0,
            sizes.feedForwardLengths.allSatisfy({ $0 == inner }),
            sizes.headCounts.allSatisfy({ $0 == sizes.headCounts[0] }), sizes.headCountsKV == sizes.headCounts
        else { throw failure(.feedForwardLength, "layers of different sizes, or without a feed-forward part") }
        let (width, heads) = (sizes.embeddingLength, sizes.headCounts[0])
        guard width % heads == 0, sizes.keyLength == width / heads, sizes.valueLength == width / heads else {
            throw failure(.headCount, "\(width) numbers do not divide into \(heads) heads")
        }
        guard width <= 1 << 20, inner <= 1 << 24 else { throw failure(.embeddingLength, "sizes beyond any model") }
        shape = EncoderShape(
            width: width,
            layerCount: sizes.blockCount,
            heads: heads,
            innerWidth: inner,
            contextLength: sizes.contextLength
        )
        vocabularySize = metadata[GGUFModelKey.vocabularySize.name(for: sizes.architecture)]?.integer
        normEpsilon = Float(sizes.normEpsilon ?? 1e-12)
        activation = .gelu
        typeCount = nil
        switch metadata[GGUFModelKey.poolingType.name(for: sizes.architecture)]?.integer ?? 0 {
        case 0, 1: pooling = .mean
        case 2: pooling = .cls
        case 3: pooling = .lastToken
        case let other: throw failure(.poolingType, "pooling \(other) is not read; known are 0 to 3")
        }
    }
}

extension ConfigurationReader {
    /// The sizes of an encoder or of a half of a translator, under these keys.
    func encoderShape(
        width: String,
        layers: String,
        heads: String,
        inner: String,
        context: String
    ) throws(TensorFileError) -> EncoderShape {
        let size = try integer(width, in: 1...1 << 20)
        let headCount = try integer(heads, in: 1...1 << 16)
        guard size % headCount == 0 else { throw failure(width, "\(size) is no multiple of \(headCount) heads") }
        return EncoderShape(
            width: size,
            layerCount: try integer(layers, in: 1...EncoderConfiguration.maximumLayers),
            heads: headCount,
            innerWidth: try integer(inner, in: 1...1 << 24),
            contextLength: try integer(context, in: 1...1 << 24, default: 512)
        )
    }

    /// The activation that `key` names.
    func activation(_ key: String, default fallback: String) throws(TensorFileError) -> Activation {
        let name = json[key]?.string ?? fallback
        if let activation = Activation(huggingFace: name) { return activation }
        let known = Activation.huggingFaceNames.joined(separator: ", ")
        throw failure(key, "\"\(name)\" is not computed here; known are \(known)", .unsupported)
    }
}
