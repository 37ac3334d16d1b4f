import TensorFile

extension GGUFFile {
    /// Everything worth knowing about the structure: what opening noticed, bytes that could hide something, and what makes
    /// other readers stumble. Reads the padding and the gaps, not the tensors.
    public func structureFindings() throws(TensorFileError) -> [StructureFinding] {
        var all = header.findings
        all += try hiddenDataFindings()
        all += formatFindings()
        all += chatTemplates.flatMap(\.findings)
        do throws(TensorFileError) {
            all += try GGUFTokenizerSection(metadata)?.findings ?? []
        } catch {
            all.append(StructureFinding(.warning, place: error.place, error.cause))
        }
        return all
    }

    /// Padding and gaps whose bytes are not zero.
    private func hiddenDataFindings() throws(TensorFileError) -> [StructureFinding] {
        var padding = [header.end..<max(header.end, header.dataOffset)]
        for (tensor, offset) in zip(tensors, header.offsets) where tensor.byteCount > 0 {
            let end = offset + tensor.byteCount
            padding.append(end..<(end.aligned(to: header.alignment) ?? end))
        }
        var findings: [StructureFinding] = []
        for (what, ranges) in [("padding", padding), ("a gap", header.gaps)] {
            var filled: [Int] = []
            for range in ranges where try hasData(range.clamped(to: 0..<file.size)) { filled.append(range.lowerBound) }
            guard let first = filled.first else { continue }
            let text = "\(what) holds bytes other than zero (in \(filled.count) places)"
            findings.append(StructureFinding(.warning, place: "byte \(first)", text))
        }
        let paddedEnd = header.dataEnd.aligned(to: header.alignment) ?? header.dataEnd
        if !tensors.isEmpty, paddedEnd > file.size {
            let text = "the padding after the last tensor is not there; ggml needs it to load without mapping"
            findings.append(StructureFinding(.note, place: "byte \(file.size)", text))
        }
        return findings
    }

    /// What other readers refuse or misread.
    private func formatFindings() -> [StructureFinding] {
        var findings: [StructureFinding] = []
        func note(_ place: String, _ text: String) {
            findings.append(StructureFinding(.note, place: place, text))
        }
        if header.version < 3 { note("version", "version \(header.version); ggml reads 2 and 3 only") }
        if header.order == .big { note("version", "big-endian; ggml reads the byte order of its machine only") }
        if header.alignment % 8 != 0 {
            note("key \(GGUFKey.alignment.name)", "\(header.alignment) is no multiple of 8, as the specification wants")
        }
        if metadata.entries.contains(where: { $0.value.array?.elementType == .array }) {
            note("metadata", "arrays of arrays; ggml refuses the file")
        }
        if tensors.contains(where: { $0.type.isBlockQuantised }), self[.quantizationVersion] == nil {
            note("key \(GGUFKey.quantizationVersion.name)", "the key is missing though tensors are quantised")
        }
        return findings
    }

    /// True where a byte of `range` is not zero.
    private func hasData(_ range: Range<Int>) throws(TensorFileError) -> Bool {
        let step = 1 << 16
        for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            let bytes = try file.bytes(at: start, count: min(step, range.upperBound - start))
            if bytes.contains(where: { $0 != 0 }) { return true }
        }
        return false
    }
}
