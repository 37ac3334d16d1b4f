import TensorFile

/// How the tensors lie in a file: offsets that are proved to be inside it, aligned and without overlap.
struct GGUFLayout {
    /// Offset of the first byte of data from the start of the file.
    let dataStart: Int
    /// Offsets of the tensors from the start of the file, in the header's order.
    let offsets: [Int]
    /// Ranges of the file between the data's start and the last tensor that belong to no tensor and are no padding.
    let gaps: [Range<Int>]
    /// Offset of the first byte behind the last tensor, its padding not counted.
    let end: Int
    /// What lenient reading let through.
    let warnings: [String]

    /// Checks the layout that `header` states for a file of `size` bytes.
    init(_ header: GGUFHeader, size: Int, _ strictness: Strictness) throws(TensorFileError) {
        guard let start = header.end.aligned(to: header.alignment) else {
            throw Self.overflow(place: "data", cause: "the data starts beyond 2^63")
        }
        var offsets: [Int] = []
        offsets.reserveCapacity(header.tensors.count)
        for tensor in header.tensors {
            offsets.append(try Self.place(tensor, start: start, size: size, alignment: header.alignment))
        }
        let places = zip(header.tensors, offsets).map { Place(tensor: $0.descriptor, start: $1) }
        self.offsets = offsets
        dataStart = start
        end = places.map(\.end).max() ?? start

        // The format wants each tensor at the padded end of the one before. Few files deviate, so that sorting is rare.
        var expected: Int? = start
        let isRegular = places.allSatisfy { place in
            defer { expected = place.end.aligned(to: header.alignment) }
            return place.start == expected
        }
        guard !isRegular else {
            (gaps, warnings) = ([], [])
            return
        }
        let inFileOrder = places.filter { $0.start < $0.end }.sorted { $0.start < $1.start }
        gaps = try Self.gaps(inFileOrder, start: start, alignment: header.alignment)
        let isReordered = zip(offsets, offsets.dropFirst()).contains { $0 > $1 }
        warnings = try Self.judge(gaps, isReordered: isReordered, strictness)
    }

    /// A tensor's range of the file.
    private struct Place {
        let tensor: TensorDescriptor
        let start: Int
        var end: Int { start + tensor.byteCount }
    }

    private static func place(
        _ tensor: GGUFHeader.TensorInfo,
        start: Int,
        size: Int,
        alignment: Int
    ) throws(TensorFileError) -> Int {
        let place = "tensor \"\(tensor.descriptor.name)\""
        guard let relative = Int(exactly: tensor.offset), let offset = start.adding(exactly: relative),
            let end = offset.adding(exactly: tensor.descriptor.byteCount)
        else {
            throw overflow(
                place: place,
                cause: "offset \(tensor.offset) and \(tensor.descriptor.byteCount) bytes lead beyond 2^63"
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
        guard end <= size || tensor.descriptor.byteCount == 0 else {
            throw TensorFileError(
                .truncated,
                place: place,
                cause: "bytes \(offset) to \(end) lie outside the file of \(size) bytes",
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

    private static func judge(
        _ gaps: [Range<Int>],
        isReordered: Bool,
        _ strictness: Strictness
    ) throws(TensorFileError) -> [String] {
        var warnings: [String] = []
        if isReordered {
            let cause = "the tensors' data stand in another order than their names"
            guard strictness == .lenient else {
                throw TensorFileError(
                    .malformed,
                    place: "tensor offsets",
                    cause: cause,
                    remedy: "read leniently if the file is needed as it is"
                )
            }
            warnings.append(cause)
        }
        if let first = gaps.first {
            let total = gaps.reduce(0) { $0 + $1.count }
            let cause =
                "\(total) bytes in \(gaps.count) gaps belong to no tensor, the first at "
                + "\(first.lowerBound) to \(first.upperBound)"
            guard strictness == .lenient else {
                throw TensorFileError(
                    .gap,
                    place: "tensor offsets",
                    cause: cause,
                    remedy: "they could hide data; read leniently if the file is needed as it is"
                )
            }
            warnings.append(cause)
        }
        return warnings
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
