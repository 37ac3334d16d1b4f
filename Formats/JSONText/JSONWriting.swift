extension JSONValue {
    /// The layout of written JSON.
    public enum Style: Sendable {
        /// No blanks at all, as safetensors headers have it.
        case compact
        /// Two spaces of indentation and a newline at the end of each member, for people.
        case indented
    }

    /// The value as JSON text. NaN and infinities, which JSON cannot say, are written as null.
    public func text(_ style: Style = .compact) -> String {
        var output = ""
        write(to: &output, style: style, indentation: 0)
        return output
    }

    private func write(to output: inout String, style: Style, indentation: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value): output += value.isFinite ? String(value) : "null"
        case .string(let text): output += JSONValue.quoted(text)
        case .array(let elements):
            // Arrays of plain values stay on one line: shapes and rows read better so.
            let isFlat = elements.allSatisfy { $0.members == nil && $0.elements == nil }
            writeSequence(elements, "[", "]", to: &output, style: isFlat ? .compact : style, indentation) {
                $0.write(to: &$1, style: style, indentation: indentation + 1)
            }
        case .object(let members):
            writeSequence(members, "{", "}", to: &output, style: style, indentation) {
                $1 += JSONValue.quoted($0.key) + (style == .compact ? ":" : ": ")
                $0.value.write(to: &$1, style: style, indentation: indentation + 1)
            }
        }
    }

    private func writeSequence<Item>(
        _ items: [Item],
        _ open: String,
        _ close: String,
        to output: inout String,
        style: Style,
        _ indentation: Int,
        _ writeItem: (Item, inout String) -> Void
    ) {
        output += open
        for (index, item) in items.enumerated() {
            if index > 0 { output += "," }
            if style == .indented { output += "\n" + String(repeating: "  ", count: indentation + 1) }
            writeItem(item, &output)
        }
        if style == .indented, !items.isEmpty { output += "\n" + String(repeating: "  ", count: indentation) }
        output += close
    }

    /// `text` in quotes, escaped as serde_json and Python's `json` (`ensure_ascii=False`) escape it.
    public static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{8}": output += "\\b"
            case "\u{c}": output += "\\f"
            case "\u{0}"..<" ":
                let hex = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
