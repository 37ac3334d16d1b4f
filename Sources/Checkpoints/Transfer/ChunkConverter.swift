import TensorFile

/// Converts runs of whole blocks from one element type to another: integers exactly, F64 by way of Double, all else of Float.
struct ChunkConverter: Sendable {
    let from: ElementType
    let to: ElementType
    let nonFinite: ValueCodec.NonFinitePolicy

    /// Bytes of the source that hold the least number of values that is whole blocks of both types.
    var sourceUnit: Int {
        let (a, b) = (from.geometry.elements, to.geometry.elements)
        let values = a % b == 0 ? a : (b % a == 0 ? b : a * b)
        return values / a * from.geometry.bytes
    }

    /// The largest whole number of units within `bytes`, at least one.
    func sourceChunk(atMost bytes: Int) -> Int { max(1, bytes / sourceUnit) * sourceUnit }

    /// The bytes of the values of `bytes` in the target type; `firstElement` counts places in messages.
    func converted(_ bytes: UnsafeRawBufferPointer, firstElement: Int) throws(TensorFileError) -> [UInt8] {
        if from == to { return Array(bytes) }
        let count = bytes.count / from.geometry.bytes * from.geometry.elements
        guard let size = to.geometry.byteCount(elements: count) else {
            throw TensorFileError(
                .mismatch,
                place: to.name,
                cause: "\(count) values are no whole blocks of \(to.geometry.elements)",
                remedy: "choose a type without blocks for this tensor"
            )
        }
        do throws(TensorFileError) {
            return try filled(size) { target throws(TensorFileError) in
                if from.isInteger {
                    let values = try filled(count, Int64.self) { values throws(TensorFileError) in
                        try ValueCodec.decode(bytes, as: from, into: values)
                    }
                    try values.withUnsafeBufferPointer { values throws(TensorFileError) in
                        try ValueCodec.encode(values, as: to, into: UnsafeMutableRawBufferPointer(target))
                    }
                } else if from == .float64 {
                    let values = try filled(count, Double.self) { values throws(TensorFileError) in
                        try ValueCodec.decode(bytes, as: from, into: values)
                    }
                    try values.withUnsafeBufferPointer { values throws(TensorFileError) in
                        try ValueCodec.encode(
                            values,
                            as: to,
                            into: UnsafeMutableRawBufferPointer(target),
                            nonFinite: nonFinite
                        )
                    }
                } else {
                    let values = try filled(count, Float.self) { values throws(TensorFileError) in
                        try ValueCodec.decode(bytes, as: from, into: values)
                    }
                    try values.withUnsafeBufferPointer { values throws(TensorFileError) in
                        try ValueCodec.encode(
                            values,
                            as: to,
                            into: UnsafeMutableRawBufferPointer(target),
                            nonFinite: nonFinite
                        )
                    }
                }
            }
        } catch {
            throw error.movingElement(by: firstElement)
        }
    }

    /// An array of `count` elements that `body` fills, without a first pass of zeros.
    private func filled<Element: BitwiseCopyable>(
        _ count: Int,
        _ type: Element.Type = Element.self,
        _ body: (UnsafeMutableBufferPointer<Element>) throws(TensorFileError) -> Void
    ) throws(TensorFileError) -> [Element] {
        var failure: TensorFileError?
        let array = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(TensorFileError) {
                try body(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return array
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
