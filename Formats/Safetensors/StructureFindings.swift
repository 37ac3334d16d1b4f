import TensorFile

extension SafetensorsHeader {
    /// Everything worth knowing about the file's structure: what reading noticed, and how the data is aligned.
    ///
    /// What strict reading refuses (gaps, bytes after the last tensor) shows here as warnings after lenient reading.
    public func structureFindings() -> [StructureFinding] {
        var all = findings
        if dataOffset % 8 != 0 {
            all.append(
                StructureFinding(
                    .note,
                    place: "header",
                    "the data begins at byte \(dataOffset), not at a multiple of 8"
                )
            )
        }
        let misaligned = tensors.indices.filter {
            (dataOffset + offsets[$0]) % tensors[$0].type.geometry.bytes != 0 && tensors[$0].type.geometry.elements == 1
        }
        if let first = misaligned.first {
            let text =
                "\(misaligned.count) tensors are not aligned to their values, the first of \(tensors[first].type.name)"
            all.append(StructureFinding(.note, place: "tensor \"\(tensors[first].name)\"", text))
        }
        return all
    }
}
