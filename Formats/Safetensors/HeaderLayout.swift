import TensorFile

/// The entries of a header laid out in the data section, proved to be unique, inside it, and free of overlaps.
struct HeaderLayout {
    private(set) var tensors: [TensorDescriptor] = []
    private(set) var offsets: [Int] = []
    private(set) var indexByName: [TensorName: Int] = [:]
    private(set) var findings: [StructureFinding] = []
    /// Where the last tensor ends.
    private(set) var end = 0

    /// Orders `entries` by their bytes and walks them once; gaps are accepted in lenient reading.
    init(_ entries: [HeaderEntry], dataSize: Int, strictness: Strictness) throws(TensorFileError) {
        let ordered = HeaderLayout.ordered(entries)
        indexByName.reserveCapacity(ordered.count)
        for (index, entry) in ordered.enumerated()
        where indexByName.updateValue(index, forKey: TensorName(entry.tensor.name)) != nil {
            throw error(.duplicate, entry, "duplicate name: two entries are called so")
        }
        tensors.reserveCapacity(ordered.count)
        offsets.reserveCapacity(ordered.count)
        for entry in ordered {
            try checkStart(of: entry, strictness)
            guard entry.range.upperBound <= dataSize else {
                throw TensorFileError(
                    .truncated,
                    place: "tensor \"\(entry.tensor.name)\"",
                    cause: "the file is not fully there: the tensor ends at byte \(entry.range.upperBound) "
                        + "of the data section, which has \(dataSize)",
                    remedy: "the file is cut short or damaged; fetch it again"
                )
            }
            end = entry.range.upperBound
            tensors.append(entry.tensor)
            offsets.append(entry.range.lowerBound)
        }
    }

    /// The entries by begin, then end, then place in the header.
    private static func ordered(_ entries: [HeaderEntry]) -> [HeaderEntry] {
        func key(_ index: Int) -> (Int, Int, Int) {
            (entries[index].range.lowerBound, entries[index].range.upperBound, index)
        }
        let isOrdered = entries.indices.dropFirst().allSatisfy { key($0 - 1) < key($0) }
        return isOrdered ? entries : entries.indices.sorted { key($0) < key($1) }.map { entries[$0] }
    }

    /// A tensor must begin where the one before it ends.
    private mutating func checkStart(of entry: HeaderEntry, _ strictness: Strictness) throws(TensorFileError) {
        let start = entry.range.lowerBound
        if start < end {
            throw error(.overlap, entry, "overlap: it begins at byte \(start) of the data, inside \"\(lastName)\"")
        }
        if start > end {
            let cause = "gap: \(start - end) bytes before it belong to no tensor (they could hide data)"
            guard strictness == .lenient else { throw error(.gap, entry, cause) }
            findings.append(StructureFinding(.warning, place: "tensor \"\(entry.tensor.name)\"", cause))
        }
    }

    /// The last tensor with bytes: the one that an overlapping tensor begins in.
    private var lastName: String { tensors.last { $0.byteCount > 0 }?.name ?? "" }

    private func error(_ kind: TensorFileError.Kind, _ entry: HeaderEntry, _ cause: String) -> TensorFileError {
        TensorFileError(
            kind,
            place: "tensor \"\(entry.tensor.name)\"",
            cause: cause,
            remedy: kind == .gap ? "read leniently if the file is trusted" : Safetensors.headerRemedy
        )
    }
}
