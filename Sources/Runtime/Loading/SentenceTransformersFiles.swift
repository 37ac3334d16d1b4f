import JSONText
import TensorFile
import Transformer

/// What sentence-transformers' files beside a model say of it: `modules.json`, the pooling module's `config.json`, and
/// `sentence_bert_config.json`.
struct SentenceTransformersFiles {
    /// How tokens' vectors become a text's; nil where nothing is said.
    var pooling: SentencePooling?
    /// Whether a text's vector is scaled to length 1.
    var normalises = false
    /// Tokens of a text that count, special ones included; nil where nothing is said.
    var maximumTokens: Int?

    /// Pooling modules' switches and what they mean.
    private static let switches: [(key: String, pooling: SentencePooling)] = [
        ("pooling_mode_cls_token", .cls), ("pooling_mode_mean_tokens", .mean), ("pooling_mode_max_tokens", .max),
        ("pooling_mode_mean_sqrt_len_tokens", .meanSquareRootLength), ("pooling_mode_lasttoken", .lastToken),
    ]
    /// Names of a single mode, as newer files write it.
    private static let modes: [String: SentencePooling] = [
        "cls": .cls, "mean": .mean, "max": .max, "mean_sqrt_len_tokens": .meanSquareRootLength,
        "lasttoken": .lastToken,
    ]

    /// Reads the files beside `model`; without `modules.json` there is nothing to read.
    init(beside model: OpenedModel) throws {
        if let reader = try model.companionReader("sentence_bert_config.json") {
            maximumTokens = try reader.optionalInteger("max_seq_length", in: 1...1 << 24)
        }
        guard let modules = try model.companion("modules.json") else { return }
        func failure(_ file: String, _ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(
                .unsupported,
                file: model.companionPath + "/" + file,
                place: place,
                cause: cause,
                remedy: "remove the file to pool by the mean, or name the pooling: --pooling"
            )
        }
        guard let elements = modules.elements else { throw failure("modules.json", "file", "not a list of modules") }
        for module in elements {
            let type = module["type"]?.string ?? ""
            switch type.split(separator: ".").last.map(String.init) ?? "" {
            case "Transformer": continue
            case "Normalize": normalises = true
            case "Pooling":
                let folder = module["path"]?.string ?? "1_Pooling"
                guard !folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else {
                    throw failure("modules.json", "path", "\"\(folder)\" leads out of the model's folder")
                }
                let file = folder + "/config.json"
                guard let json = try model.companion(file) else {
                    throw failure("modules.json", "module \(type)", "there is no \(file)")
                }
                pooling = try Self.pooling(json) { failure(file, "pooling", $0) }
            default: throw failure("modules.json", "module \"\(type)\"", "it is not computed here")
            }
        }
    }

    private static func pooling(
        _ json: JSONValue,
        _ failure: (String) -> TensorFileError
    ) throws(TensorFileError) -> SentencePooling {
        if let mode = json["pooling_mode"]?.string {
            if let pooling = modes[mode] { return pooling }
            throw failure("\"\(mode)\" is not computed here")
        }
        let on = (json.members ?? []).filter { $0.key.hasPrefix("pooling_mode_") && $0.value.bool == true }.map(\.key)
        guard on.count == 1, let pooling = switches.first(where: { $0.key == on[0] })?.pooling else {
            throw failure(on.isEmpty ? "no way of pooling is switched on" : "\(on.joined(separator: " and ")) together")
        }
        return pooling
    }
}
