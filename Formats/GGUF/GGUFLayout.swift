import TensorFile

/// How the tensors lie in a file: offsets that are proved to be inside it, aligned and without overlap.
struct GGUFLayout {
    private(set) var dataOffset = 0
    private(set) var dataEnd = 0
    private(set) var offsets: [Int] = []
    private(set) var gaps: [Range<Int>] = []
    private(set) var findings: [StructureFinding] = []

    /// Checks the layout that `header` states for a file of `fileSize` bytes.
    init(
        _ header: borrowing GGUFHeaderParser,
        fileSize: Int,
        _ strictness: Strictness
    ) throws(TensorFileError) {
        let alignment = header.alignment
        guard let start = header.end.aligned(to: alignment) else {
            throw Self.overflow(place: "data", cause: "the data starts beyond 2^63")
        }
        dataOffset = start
        var places: [Place] = []
        for (tensor, stated) in zip(header.tensors, header.statedOffsets) {
            let offset = try Self.offset(tensor, stated, start: start, fileSize: fileSize, alignment: alignment)
            places.append(Place(tensor: tensor, start: offset))
        }
        offsets = places.map(\.start)
        dataEnd = places.map(\.end).max() ?? start

        // The format wants each tensor at the padded end of the one before. Few files deviate, so that sorting is rare.
        var expected: Int? = start
        let isRegular = places.allSatisfy { place in
            defer { expected = place.end.aligned(to: alignment) }
            return place.start == expected
        }
        if !isRegular {
            let inFileOrder = places.filter { $0.start < $0.end }.sorted { $0.start < $1.start }
            gaps = try Self.gaps(inFileOrder, start: start, alignment: alignment)
            try judgeOrder(strictness)
            try judgeGaps(strictness)
        }
        if let paddedEnd = dataEnd.aligned(to: alignment), paddedEnd < fileSize {
            let text = "\(fileSize - paddedEnd) bytes after the last tensor belong to none"
            findings.append(StructureFinding(.warning, place: "byte \(paddedEnd)", text))
        }
    }

    /// A tensor's range of the file.
    private struct Place {
        let tensor: TensorDescriptor
        let start: Int
        var end: Int { start + tensor.byteCount }
    }

    private static func offset(
        _ tensor: TensorDescriptor,
        _ stated: UInt64,
        start: Int,
        fileSize: Int,
        alignment: Int
    ) throws(TensorFileError) -> Int {
        var place: String { "tensor \"\(tensor.name)\"" }
        guard let relative = Int(exactly: stated), let offset = start.adding(exactly: relative),
            let end = offset.adding(exactly: tensor.byteCount)
        else {
            throw overflow(
                place: place,
                cause: "offset \(stated) and \(tensor.byteCount) bytes lead beyond 2^63"
            )
        }
        guard relative.isMultiple(of: alignment) else {
            throw TensorFileError(
                .malformed,
                place: place,
                cause: "offset \(relative) is misaligned: no multiple of \(alignment)",
                remedy: "the file is damaged; convert the original model again"
            )
        }
        // An empty tensor behind the last one may stand at the end of padding that the file does not have.
        guard end <= fileSize || tensor.byteCount == 0 else {
            throw TensorFileError(
                .truncated,
                place: place,
                cause: "bytes \(offset) to \(end) lie outside the file of \(fileSize) bytes",
                remedy: "the file is cut short; fetch it again"
            )
        }
        return offset
    }

    private static func gaps(
        _ places: [Place],
        start: Int,
        alignment: Int
    ) throws(TensorFileError) -> [Range<Int>] {
        var gaps: [Range<Int>] = []
        var previous: Place?
        for place in places {
            if let previous, place.start < previous.end {
                throw TensorFileError(
                    .overlap,
                    place: "tensor \"\(place.tensor.name)\"",
                    cause: "it shares bytes \(place.start) to \(min(place.end, previous.end)) with "
                        + "\"\(previous.tensor.name)\"",
                    remedy: "the file is damaged or hostile; fetch it again"
                )
            }
            let expected = previous?.end.aligned(to: alignment) ?? start
            if expected < place.start { gaps.append(expected..<place.start) }
            previous = place
        }
        return gaps
    }

    private mutating func judgeOrder(_ strictness: Strictness) throws(TensorFileError) {
        guard let index = offsets.indices.dropFirst().first(where: { offsets[$0] < offsets[$0 - 1] }) else { return }
        let text = "the tensors' bytes stand in another order than their names, from tensor \(index) on"
        guard strictness == .lenient else {
            throw TensorFileError(
                .malformed,
                place: "tensor offsets",
                cause: text,
                remedy: "read leniently if the file is needed as it is"
            )
        }
        findings.append(StructureFinding(.warning, place: "tensor offsets", text))
    }

    private mutating func judgeGaps(_ strictness: Strictness) throws(TensorFileError) {
        guard let first = gaps.first else { return }
        let total = gaps.reduce(0) { $0 + $1.count }
        let text =
            "\(total) bytes in gaps belong to no tensor (\(gaps.count) gaps, the first one of \(first.count) bytes)"
        guard strictness == .lenient else {
            throw TensorFileError(
                .gap,
                place: "byte \(first.lowerBound)",
                cause: text,
                remedy: "they could hide data; read leniently if the file is needed as it is"
            )
        }
        findings.append(StructureFinding(.warning, place: "byte \(first.lowerBound)", text))
    }

    private static func overflow(place: String, cause: String) -> TensorFileError {
        TensorFileError(
            .overflow,
            place: place,
            cause: cause,
            remedy: "the file is damaged or hostile; fetch it again"
        )
    }
}
