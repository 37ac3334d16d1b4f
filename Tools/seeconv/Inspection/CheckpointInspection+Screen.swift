import Checkpoints
import GGUF
import TensorFile

extension CheckpointInspection {
    /// Lines of the listing of tensors on one screen.
    private static let listedGroups = 24
    /// Findings on one screen.
    private static let listedFindings = 12

    /// One screen for a person; every tensor on a line of its own where `listsAll`.
    func screen(listsAll: Bool) -> String {
        [overview, typeTable, facts, listsAll ? tensorTable : groupTable, problems]
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var overview: String {
        let files = checkpoint.weightFiles.count
        return """
            \(checkpoint.path.escapingControls): \(checkpoint.configuration.modelType?.escapingControls ?? "unknown") \
            model, \(checkpoint.source.format.rawValue), \(files == 1 ? "1 file" : "\(Format.count(files)) files")
            \(Format.count(parameterCount)) parameters in \(Format.count(tensors.count)) tensors, \
            \(Format.bytes(byteCount))
            """
    }

    private var typeTable: String {
        guard !tensors.isEmpty else { return "" }
        var table = TextTable([
            ("type", .left), ("tensors", .right), ("parameters", .right), ("bytes", .right), ("share", .right),
        ])
        for (type, tensors) in types {
            let bytes = tensors.reduce(0) { $0 &+ $1.byteCount }
            table.add([
                type.name, Format.count(tensors.count),
                Format.count(tensors.reduce(0) { $0 &+ $1.elementCount }), Format.bytes(bytes), share(bytes),
            ])
        }
        return table.text
    }

    private var facts: String {
        var lines = tables.map {
            "\($0.role.rawValue): \($0.tensor.name.escapingControls) \(shape($0.tensor.shape)) \($0.tensor.type.name), "
                + "\(Format.bytes($0.tensor.byteCount)), \(share($0.tensor.byteCount)) of the bytes"
        }
        if tables.isEmpty { lines.append("vocabulary tables: none recognised") }
        let tokenizer = checkpoint.tokenizer.map { kind, size in
            kind.escapingControls + (size.map { ", \(Format.count($0)) tokens" } ?? "")
        }
        lines.append("tokenizer: \(tokenizer ?? "none found")")
        for template in templates {
            let name = template.name.isEmpty ? "" : " \"\(template.name.escapingControls)\""
            let parts = template.suspiciousParts
            let flag = parts.isEmpty ? "" : "; SUSPICIOUS, it has \(parts.joined(separator: " "))"
            lines.append(
                "chat template\(name): \(Format.count(template.source.bytes.count)) bytes of Jinja, a program; not run\(flag)"
            )
        }
        if !metadata.isEmpty { lines.append("metadata: \(Format.count(metadata.count)) keys (--json lists them)") }
        return lines.joined(separator: "\n")
    }

    private var groupTable: String {
        let groups = TensorGroup.groups(of: tensors)
        guard !groups.isEmpty else { return "" }
        var table = TextTable([
            ("tensors", .left), ("", .right), ("type", .left), ("shape", .right), ("bytes", .right),
        ])
        for group in groups.prefix(Self.listedGroups) {
            table.add([
                group.name.escapingControls, group.count == 1 ? "" : "\(group.count) ×", group.type.name,
                shape(group.shape), Format.bytes(group.byteCount),
            ])
        }
        let rest = groups.count - Self.listedGroups
        return table.text + (rest > 0 ? "\n… and \(Format.count(rest)) more lines (--all lists every tensor)" : "")
    }

    private var tensorTable: String {
        var table = TextTable([("tensor", .left), ("type", .left), ("shape", .right), ("bytes", .right)])
        for tensor in tensors {
            table.add([
                tensor.name.escapingControls, tensor.type.name, shape(tensor.shape), Format.bytes(tensor.byteCount),
            ])
        }
        return table.text
    }

    private var problems: String {
        let lines = findings.map { ($0.severity == .warning ? "problem: " : "note: ") + $0.description }
        let rest = lines.count - Self.listedFindings
        let more = rest > 0 ? ["… and \(Format.count(rest)) more (--json lists them)"] : []
        return (lines.prefix(Self.listedFindings) + more).joined(separator: "\n")
    }

    private func share(_ bytes: Int) -> String {
        "\(Format.decimal(100 * Double(bytes) / Double(max(1, byteCount)), places: 1)) %"
    }

    private func shape(_ lengths: [Int]) -> String {
        lengths.isEmpty ? "scalar" : lengths.map(Format.count).joined(separator: " × ")
    }
}

extension GGUFChatTemplate {
    /// The source for a terminal: line ends stay, other control characters are escaped.
    var escapedSource: String {
        String(decoding: source.bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0).escapingControls }
            .joined(separator: "\n")
    }
}
