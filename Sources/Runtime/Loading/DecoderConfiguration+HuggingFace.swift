import Foundation
import JSONText
import TensorFile
import Transformer

extension DecoderConfiguration {
    /// Reads a Hugging Face `config.json`; keys, defaults and the two places of rotary settings are those of the
    /// transformers library.
    init(huggingFace json: JSONValue, family: DecoderArchitecture, file: String) throws(TensorFileError) {
        let reader = ConfigurationReader(json: json, model: file)
        let limit = Int(Int32.max)
        vocabularySize = try reader.integer("vocab_size", in: 1...limit)
        width = try reader.integer("hidden_size", in: 1...limit)
        layerCount = try reader.integer("num_hidden_layers", in: 1...Self.maximumLayers)
        heads = try reader.integer("num_attention_heads", in: 1...limit)
        keyValueHeads = try reader.integer("num_key_value_heads", in: 1...limit, default: heads)
        if json["head_dim"]?.int == nil, width % heads != 0 {
            throw reader.failure("hidden_size", "\(width) is no multiple of \(heads) heads, and there is no head_dim")
        }
        headWidth = try reader.integer("head_dim", in: 1...limit, default: max(1, width / heads))
        innerWidth = try reader.integer("intermediate_size", in: 1...limit)
        normEpsilon = Float(try reader.number("rms_norm_eps", default: 1e-6))
        contextLength = try reader.integer("max_position_embeddings", in: 1...limit, default: 2048)
        window = family.hasWindow ? try reader.optionalInteger("sliding_window", in: 1...limit) : nil
        tiesEmbeddings = json["tie_word_embeddings"]?.bool ?? false
        let activation = json["hidden_act"]?.string ?? "silu"
        guard activation == "silu" || activation == "swish" else {
            throw reader.failure("hidden_act", "\"\(activation)\" where \(family.name) models have silu", .unsupported)
        }
        endTokens = try reader.optionalTokens("eos_token_id", in: 0...limit) ?? []

        // Older files keep the base beside the scaling, newer ones hold both in one object.
        let older = json["rope_scaling"].flatMap { $0.members == nil ? nil : $0 }
        let rotary = ConfigurationReader(json: json["rope_parameters"] ?? older ?? .object([]), model: file)
        rotaryBase = Float(try rotary.number("rope_theta", default: try reader.number("rope_theta", default: 10_000)))
        let share = try rotary.number(
            "partial_rotary_factor",
            default: try reader.number("partial_rotary_factor", default: 1)
        )
        guard share > 0, share <= 1 else { throw reader.failure("partial_rotary_factor", "\(share) is no share") }
        rotaryWidth = Int(Double(headWidth) * share)
        try readScaling(rotary, reader, family: family)
        try check(in: file)
    }

    private mutating func readScaling(
        _ rotary: ConfigurationReader,
        _ reader: ConfigurationReader,
        family: DecoderArchitecture
    ) throws(TensorFileError) {
        let kind = rotary.json["rope_type"]?.string ?? rotary.json["type"]?.string ?? "default"
        guard family.rotaryScalings.contains(kind) else {
            let known = family.rotaryScalings.sorted().joined(separator: ", ")
            throw reader.failure(
                "rope_type",
                "\"\(kind)\" is not among those of \(family.name): \(known)",
                .unsupported
            )
        }
        let limit = Int(Int32.max)
        func original() throws(TensorFileError) -> Int {
            let inner = try rotary.integer("original_max_position_embeddings", in: 1...limit, default: contextLength)
            return try reader.integer("original_max_position_embeddings", in: 1...limit, default: inner)
        }
        switch kind {
        case "default": break
        case "linear": rotaryScaling = .linear(factor: Float(try rotary.number("factor")))
        case "llama3":
            rotaryScaling = .llama3(
                factor: Float(try rotary.number("factor")),
                lowFactor: Float(try rotary.number("low_freq_factor")),
                highFactor: Float(try rotary.number("high_freq_factor")),
                originalContext: try original()
            )
        default:
            let context = try original()
            rotaryScaling = .longRoPE(
                short: try rotary.numbers("short_factor"),
                long: try rotary.numbers("long_factor"),
                originalContext: context
            )
            let growth = try rotary.number("factor", default: Double(contextLength) / Double(context))
            let standard = growth <= 1 || context == 1 ? 1 : (1 + log(growth) / log(Double(context))).squareRoot()
            attentionFactor = Float(try rotary.number("attention_factor", default: standard))
        }
    }
}

/// Typed access to a JSON object with errors that name file and key.
struct ConfigurationReader {
    let json: JSONValue
    private let file: String
    /// The part of `file` that holds the object; nil where the file is the object.
    private let part: String?

    /// A reader of the object in the JSON file `file`.
    init(json: JSONValue, file: String) { (self.json, self.file, part) = (json, file, nil) }

    /// A reader of the `config.json` of `model`: a folder, or a file that carries it along.
    init(json: JSONValue, model: String) { (self.json, file, part) = (json, model, "config.json") }

    func failure(_ key: String, _ cause: String, _ kind: TensorFileError.Kind = .mismatch) -> TensorFileError {
        TensorFileError(
            kind,
            file: file,
            place: part.map { "\($0), \(key)" } ?? key,
            cause: cause,
            remedy: "correct the configuration, or fetch it again"
        )
    }

    /// The value of `key` where it is there and not null.
    private func value(_ key: String) -> JSONValue? { json[key].flatMap { $0 == .null ? nil : $0 } }

    func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(TensorFileError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let integer = value.int, range.contains(integer) else {
            throw failure(key, "not a whole number in \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws(TensorFileError) -> Int
    {
        if let integer = try optionalInteger(key, in: range) ?? fallback { return integer }
        throw failure(key, "the key is missing", .missing)
    }

    /// A token, or several.
    func optionalTokens(_ key: String, in range: ClosedRange<Int>) throws(TensorFileError) -> [Int]? {
        guard let value = value(key) else { return nil }
        let tokens = value.int.map { [$0] } ?? value.elements?.compactMap(\.int) ?? []
        let isWhole = tokens.count == value.elements?.count ?? 1
        guard isWhole, !tokens.isEmpty, tokens.allSatisfy(range.contains) else {
            throw failure(key, "not a token in \(range.lowerBound) to \(range.upperBound), nor a list of them")
        }
        return tokens
    }

    func number(_ key: String, default fallback: Double? = nil) throws(TensorFileError) -> Double {
        guard let value = value(key) else {
            if let fallback { return fallback }
            throw failure(key, "the key is missing", .missing)
        }
        guard let number = value.double, number.isFinite else { throw failure(key, "not a finite number") }
        return number
    }

    func numbers(_ key: String) throws(TensorFileError) -> [Float] {
        guard let elements = value(key)?.elements else { throw failure(key, "a list of numbers is missing", .missing) }
        let numbers = elements.compactMap(\.double)
        guard numbers.count == elements.count else { throw failure(key, "not a list of numbers") }
        return numbers.map { Float($0) }
    }
}
