import TensorFile

/// A chat template: Jinja source, which is a program of whoever made the file. It is shown and never run here.
public struct GGUFChatTemplate: Sendable {
    /// The variant's name; empty for the template that has none.
    public let name: String
    /// The source as it stands in the file.
    public let source: GGUFString

    /// The template `source`, for instance of a model directory.
    public init(name: String, source: GGUFString) {
        self.name = name
        self.source = source
    }

    /// Parts of the source that a template for conversations does not need, and that break out of a sandbox need: attributes
    /// with two underscores and filters that look attributes up by name.
    public var suspiciousParts: [String] {
        Self.suspects.filter { Self.contains(Array($0.utf8), in: source.bytes) }
    }

    /// True where `part` stands in `text`: one look at each byte, because the text may be long and hostile.
    private static func contains(_ part: [UInt8], in text: ArraySlice<UInt8>) -> Bool {
        let text = text.span
        guard let first = part.first, part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { start in
            text[start] == first && part.indices.allSatisfy { text[start + $0] == part[$0] }
        }
    }

    /// What a careful reader wants to know about the template.
    public var findings: [StructureFinding] {
        let place = "key \(GGUFKey.chatTemplate.name)" + (name.isEmpty ? "" : ".\(name)")
        var findings: [StructureFinding] = []
        let parts = suspiciousParts
        if !parts.isEmpty {
            let text = "the chat template reaches for the inside of its interpreter: \(parts.joined(separator: ", "))"
            findings.append(StructureFinding(.warning, place: place, text))
        }
        if source.bytes.count > GGUFLimit.chatTemplateBytes {
            let text = "the chat template takes \(source.bytes.count) bytes; real ones stay under 40 KB"
            findings.append(StructureFinding(.warning, place: place, text))
        }
        return findings
    }

    private static let suspects = [
        ".__", "'__", "\"__", "|attr", "| attr", "\\x5f", "\\u005f", "lipsum", "cycler", "joiner(",
    ]
}

extension GGUFMetadataSource {
    /// The file's chat templates, the one without a name first where the file has it first.
    public var chatTemplates: [GGUFChatTemplate] {
        let key = GGUFKey.chatTemplate.name
        return metadata.entries.compactMap { entry in
            guard let source = entry.value.string else { return nil }
            if entry.key == key { return GGUFChatTemplate(name: "", source: source) }
            guard entry.key.hasPrefix(key + ".") else { return nil }
            return GGUFChatTemplate(name: String(entry.key.dropFirst(key.count + 1)), source: source)
        }
    }
}
