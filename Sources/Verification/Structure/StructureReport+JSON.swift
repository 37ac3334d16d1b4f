import JSONText

extension StructureReport {
    /// The report for programs: `passed`, `findings` (severity, place, text) and `tensors` (name, type, shape, bytes, sha256,
    /// nonFinite).
    public var json: JSONValue {
        [
            "path": .string(path),
            "format": .string(format.rawValue),
            "passed": .bool(isClean),
            "findings": .array(
                findings.map { finding in
                    [
                        "severity": .string(finding.severity == .warning ? "warning" : "note"),
                        "place": .string(finding.place), "text": .string(finding.text),
                    ]
                }
            ),
            "tensors": .array(
                tensors.map { tensor in
                    [
                        "name": .string(tensor.descriptor.name), "type": .string(tensor.descriptor.type.name),
                        "shape": .array(tensor.descriptor.shape.map { .integer($0) }),
                        "bytes": .integer(tensor.descriptor.byteCount),
                        "sha256": tensor.digest.map { .string($0.hexadecimal) } ?? .null,
                        "nonFinite": .integer(tensor.nonFiniteCount),
                    ]
                }
            ),
        ]
    }
}
