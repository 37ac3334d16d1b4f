import JSONText

extension TokenizerJSON {
    /// The decoder that `value` describes; without one, pieces are joined by spaces.
    static func decoder(_ value: JSONValue) throws(TokenizerError) -> TokenDecoder {
        if value == .null { return TokenDecoder(steps: [], separator: [0x20]) }
        return TokenDecoder(steps: try steps(value, "decoder", depth: 0))
    }

    private static func steps(
        _ value: JSONValue,
        _ place: String,
        depth: Int
    ) throws(TokenizerError) -> [TokenDecoder.Step] {
        switch value.type {
        case "Sequence":
            guard depth < 8 else { throw .malformed(place, "nesting deeper than 8") }
            var all: [TokenDecoder.Step] = []
            for (index, element) in try value.list("decoders", place).enumerated() {
                all += try steps(element, "\(place).decoders[\(index)]", depth: depth + 1)
            }
            return all
        case "ByteLevel": return [.byteLevel]
        case "ByteFallback": return [.byteFallback]
        case "Fuse": return [.fuse]
        case "WordPiece":
            let prefix = value.utf8("prefix") ?? Array("##".utf8)
            return value["cleanup"]?.bool ?? true ? [.wordPiece(prefix: prefix), .tidy] : [.wordPiece(prefix: prefix)]
        case "Metaspace":
            let mark = value.utf8("replacement") ?? .metaspace
            return [.metaspace(mark, dropsFirst: try prepending(value, place) != .never)]
        case "BPEDecoder": return [.wordEnd(value.utf8("suffix") ?? Array("</w>".utf8))]
        case "Strip":
            let (start, end) = (value["start"]?.int ?? 0, value["stop"]?.int ?? 0)
            guard let content = value.utf8("content"), start >= 0, end >= 0 else {
                throw .malformed(place, "a character and two counts expected")
            }
            return [.strip(content, start: start, end: end)]
        case "Replace":
            guard let old = value["pattern"]?.utf8("String") else {
                throw .unsupported("\(place).pattern", "a decoder that replaces by a regular expression")
            }
            return [.replace(old, by: value.utf8("content") ?? [])]
        default: throw .unsupported(place, "the decoder \"\(value.type)\"")
        }
    }

    /// What a post-processor puts around one text.
    struct Frame {
        var prefix: [Int] = []
        var suffix: [Int] = []
    }

    /// The frame that `value` describes; every id is below `count`.
    static func frame(
        _ value: JSONValue,
        count: Int,
        _ place: String = "post_processor",
        depth: Int = 0
    ) throws(TokenizerError) -> Frame {
        var frame = Frame()
        switch value.type {
        case "", "ByteLevel": break
        case "Sequence":
            guard depth < 8 else { throw .malformed(place, "nesting deeper than 8") }
            for (index, element) in try value.list("processors", place).enumerated() {
                let inner = try self.frame(element, count: count, "\(place).processors[\(index)]", depth: depth + 1)
                frame.prefix = inner.prefix + frame.prefix
                frame.suffix += inner.suffix
            }
        case "BertProcessing", "RobertaProcessing":
            guard let start = value["cls"]?.elements?.last?.int, let end = value["sep"]?.elements?.last?.int else {
                throw .malformed(place, "cls and sep expected, each a token and its id")
            }
            frame = Frame(prefix: [start], suffix: [end])
        case "TemplateProcessing":
            var isBehind = false
            for (index, item) in try value.list("single", place).enumerated() {
                if item["Sequence"] != nil {
                    isBehind = true
                } else if let name = item["SpecialToken"]?["id"]?.string {
                    guard let ids = value["special_tokens"]?[name]?["ids"]?.elements else {
                        throw .malformed("\(place).special_tokens", "\"\(name)\" is missing")
                    }
                    if isBehind {
                        frame.suffix += ids.map { $0.int ?? -1 }
                    } else {
                        frame.prefix += ids.map { $0.int ?? -1 }
                    }
                } else {
                    throw .malformed("\(place).single[\(index)]", "a Sequence or a SpecialToken expected")
                }
            }
        default: throw .unsupported(place, "the post-processor \"\(value.type)\"")
        }
        for id in frame.prefix + frame.suffix where id < 0 || id >= count {
            throw .malformed(place, "a special token has the id \(id), outside the vocabulary of \(count)")
        }
        return frame
    }
}
