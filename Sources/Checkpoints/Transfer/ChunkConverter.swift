import TensorFile

/// Converts runs of whole blocks from one element type to another: integers exactly, F64 by way of Double, all else of Float.
struct ChunkConverter: Sendable {
    let from: ElementType
    let to: ElementType
    let nonFinite: ValueCodec.NonFinitePolicy

    /// The least number of values that is whole blocks of both types.
    private var unitValues: Int {
        let (a, b) = (from.geometry.elements, to.geometry.elements)
        return a % b == 0 ? a : (b % a == 0 ? b : a * b)
    }

    /// Bytes of the source that hold the least number of values that is whole blocks of both types.
    var sourceUnit: Int { unitValues / from.geometry.elements * from.geometry.bytes }

    /// The largest whole number of units within `bytes`, at least one.
    func sourceChunk(atMost bytes: Int) -> Int { max(1, bytes / sourceUnit) * sourceUnit }

    /// Bytes in the target type of the values that `sourceBytes` bytes of the source hold.
    func targetByteCount(ofSource sourceBytes: Int) throws(TensorFileError) -> Int {
        let count = sourceBytes / from.geometry.bytes * from.geometry.elements
        guard let size = to.geometry.byteCount(elements: count) else {
            throw TensorFileError(
                .mismatch,
                place: to.name,
                cause: "\(count) values are no whole blocks of \(to.geometry.elements)",
                remedy: "choose a type without blocks for this tensor"
            )
        }
        return size
    }

    /// The bytes of the values of `bytes` in the target type; `firstElement` counts places in messages.
    func converted(_ bytes: UnsafeRawBufferPointer, firstElement: Int) throws(TensorFileError) -> [UInt8] {
        if from == to { return Array(bytes) }
        return try [UInt8](ofSize: targetByteCount(ofSource: bytes.count)) { target throws(TensorFileError) in
            try convert(bytes, into: target, firstElement: firstElement)
        }
    }

    /// Writes the values of `bytes` in the target type to `target`, which has the size for it.
    func convert(
        _ bytes: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        firstElement: Int
    ) throws(TensorFileError) {
        if from == to { return target.copyMemory(from: bytes) }
        if from.isInteger {
            try convert(bytes, into: target, firstElement) {
                (
                    input: UnsafeRawBufferPointer,
                    values: UnsafeMutableBufferPointer<Int64>,
                    output: UnsafeMutableRawBufferPointer
                ) throws(TensorFileError) in
                try ValueCodec.decode(input, as: from, into: values)
                try ValueCodec.encode(UnsafeBufferPointer(values), as: to, into: output)
            }
        } else if from == .float64 {
            try convert(bytes, into: target, firstElement) {
                (
                    input: UnsafeRawBufferPointer,
                    values: UnsafeMutableBufferPointer<Double>,
                    output: UnsafeMutableRawBufferPointer
                ) throws(TensorFileError) in
                try ValueCodec.decode(input, as: from, into: values)
                try ValueCodec.encode(UnsafeBufferPointer(values), as: to, into: output, nonFinite: nonFinite)
            }
        } else {
            try convert(bytes, into: target, firstElement) {
                (
                    input: UnsafeRawBufferPointer,
                    values: UnsafeMutableBufferPointer<Float>,
                    output: UnsafeMutableRawBufferPointer
                ) throws(TensorFileError) in
                try ValueCodec.decode(input, as: from, into: values)
                try ValueCodec.encode(UnsafeBufferPointer(values), as: to, into: output, nonFinite: nonFinite)
            }
        }
    }

    /// Calls `body` for a piece of the values after the other: so few that the numbers between the types stay in the cache.
    private func convert<Number: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        _ firstElement: Int,
        _ body: (
            UnsafeRawBufferPointer, UnsafeMutableBufferPointer<Number>, UnsafeMutableRawBufferPointer
        ) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        let count = bytes.count / from.geometry.bytes * from.geometry.elements
        let piece = max(1, 16_384 / unitValues) * unitValues
        let values = UnsafeMutableBufferPointer<Number>.allocate(capacity: min(piece, count))
        defer { values.deallocate() }
        for first in stride(from: 0, to: count, by: piece) {
            let end = min(first + piece, count)
            do throws(TensorFileError) {
                try body(
                    UnsafeRawBufferPointer(rebasing: bytes[range(first, end, from.geometry)]),
                    UnsafeMutableBufferPointer(rebasing: values[..<(end - first)]),
                    UnsafeMutableRawBufferPointer(rebasing: target[range(first, end, to.geometry)])
                )
            } catch {
                throw error.movingElement(by: firstElement + first)
            }
        }
    }

    /// The bytes of the values from `first` to `end`, which are whole blocks.
    private func range(_ first: Int, _ end: Int, _ geometry: BlockGeometry) -> Range<Int> {
        first / geometry.elements * geometry.bytes..<end / geometry.elements * geometry.bytes
    }
}

extension [UInt8] {
    /// An array of `count` bytes that `body` fills, without a first pass of zeros.
    init(
        ofSize count: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        var failure: TensorFileError?
        self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(TensorFileError) {
                try body(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

extension TensorFileError {
    /// The same error with the element's index counted from the start of the tensor, not of the chunk.
    fileprivate func movingElement(by count: Int) -> TensorFileError {
        guard place.hasPrefix("element "), let index = Int(place.dropFirst("element ".count)) else { return self }
        var copy = self
        copy.place = "element \(index + count)"
        return copy
    }
}
