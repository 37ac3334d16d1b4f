import Foundation
import GGUF
import JSONText
import TensorFile

extension Checkpoint {
    /// The vocabulary tables by their names and shapes alone: no value is read, so tied copies are listed each.
    public func recognisedTables() throws -> [FoundTable] {
        let finder = TableFinder(source: source, configuration: configuration, tokenizerSize: tokenizer?.size)
        return finder.recogniseAll().filter(\.role.isVocabularyTable)
    }

    /// The model's chat templates: GGUF's keys, or a model directory's files. They are programs, and are never run here.
    public func chatTemplates() throws -> [GGUFChatTemplate] {
        if let model = source as? GGUFModel { return model.chatTemplates }
        guard layout == .directory else { return [] }
        var templates: [GGUFChatTemplate] = []
        if let bytes = try companion("chat_template.jinja") {
            templates.append(GGUFChatTemplate(name: "", source: GGUFString(bytes)))
        }
        if let bytes = try companion("tokenizer_config.json"), let json = try? JSONValue(parsing: bytes) {
            switch json["chat_template"] {
            case .string(let text): templates.append(GGUFChatTemplate(name: "", source: GGUFString(text)))
            case .array(let variants):
                for variant in variants {
                    guard let text = variant["template"]?.string else { continue }
                    let name = variant["name"]?.string ?? ""
                    templates.append(GGUFChatTemplate(name: name, source: GGUFString(text)))
                }
            default: break
            }
        }
        return templates
    }

    /// The bytes of a small file of the model's directory; nil where it is not there, or larger than any such file is.
    private func companion(_ name: String) throws -> [UInt8]? {
        let path = path + "/" + name
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try InputFile(path)
        guard file.size <= 64 << 20 else { return nil }
        return try file.bytes(at: 0, count: file.size)
    }
}
