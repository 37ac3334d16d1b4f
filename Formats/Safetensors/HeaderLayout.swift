import TensorFile

/// The tensors of a header laid out in the data section, proved to be unique, inside it, and free of overlaps.
struct HeaderLayout {
    /// In the order of their bytes.
    private(set) var tensors: [TensorDescriptor]
    /// Where each begins. It ends `byteCount` later, which the parser has proved to be below 2^63.
    private(set) var offsets: [Int]
    private(set) var indexByName: [TensorName: Int] = [:]
    private(set) var findings: [StructureFinding] = []
    /// Where the last tensor ends.
    private(set) var end = 0

    /// Orders the tensors by their bytes and walks them once; gaps are accepted in lenient reading.
    init(
        _ unordered: [TensorDescriptor],
        offsets unorderedOffsets: [Int],
        dataSize: Int,
        strictness: Strictness
    ) throws(TensorFileError) {
        (tensors, offsets) = (unordered, unorderedOffsets)
        sort()
        indexByName.reserveCapacity(tensors.count)
        for index in tensors.indices
        where indexByName.updateValue(index, forKey: TensorName(tensors[index].name)) != nil {
            throw error(.duplicate, index, "duplicate name: two entries are called so")
        }
        for index in tensors.indices {
            try checkStart(of: index, strictness)
            end = offsets[index] + tensors[index].byteCount
            guard end <= dataSize else {
                throw error(
                    .truncated,
                    index,
                    "the file is not fully there: it ends at byte \(end) of the data section, which has \(dataSize)"
                )
            }
        }
    }

    /// Sorts by begin, then end, then place in the header. Most writers have done it already.
    private mutating func sort() {
        func key(_ index: Int) -> (Int, Int, Int) { (offsets[index], tensors[index].byteCount, index) }
        guard !tensors.indices.dropFirst().allSatisfy({ key($0 - 1) < key($0) }) else { return }
        let order = tensors.indices.sorted { key($0) < key($1) }
        (tensors, offsets) = (order.map { tensors[$0] }, order.map { offsets[$0] })
    }

    /// A tensor must begin where the one before it ends.
    private mutating func checkStart(of index: Int, _ strictness: Strictness) throws(TensorFileError) {
        let start = offsets[index]
        if start < end {
            // An empty tensor shares no byte, so it is not the one that this tensor begins in.
            let other = tensors[..<index].last { $0.byteCount > 0 }?.name ?? ""
            throw error(.overlap, index, "overlap: it begins at byte \(start) of the data, inside \"\(other)\"")
        }
        if start > end {
            let cause = "gap: \(start - end) bytes before it belong to no tensor (they could hide data)"
            guard strictness == .lenient else { throw error(.gap, index, cause) }
            findings.append(StructureFinding(.warning, place: "tensor \"\(tensors[index].name)\"", cause))
        }
    }

    private func error(_ kind: TensorFileError.Kind, _ index: Int, _ cause: String) -> TensorFileError {
        TensorFileError(
            kind,
            place: "tensor \"\(tensors[index].name)\"",
            cause: cause,
            remedy: kind == .gap ? "read leniently if the file is trusted" : SafetensorsFormat.headerRemedy
        )
    }
}
