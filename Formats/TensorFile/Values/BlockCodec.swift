/// One element type's conversions over runs of blocks.
struct BlockCodec: Sendable {
    typealias Decode = @Sendable (UnsafeRawPointer, UnsafeMutablePointer<Float>, _ blocks: Int) -> Void
    typealias Encode = @Sendable (UnsafePointer<Float>, UnsafeMutableRawPointer, _ blocks: Int) -> Void

    /// Reads a number of blocks.
    let decode: Decode
    /// Writes a number of blocks; nil where the type is only read.
    let encode: Encode?
    /// True where the block has no NaN or infinite scale.
    let isFinite: @Sendable (UnsafeRawPointer) -> Bool
    /// The first value of a run, as an index into it, that its encoded blocks do not hold (see `NonFinitePolicy`).
    let firstLost: @Sendable (UnsafePointer<Float>, UnsafeMutableRawPointer, _ blocks: Int) -> Int?

    /// A type that is read by the plain loop of `format`.
    init<Format: BlockFormat>(reading format: Format.Type) {
        let geometry = format.type.geometry
        decode = { source, values, blocks in
            for block in 0..<blocks {
                format.decode(source + block * geometry.bytes, into: values + block * geometry.elements)
            }
        }
        encode = nil
        isFinite = { format.isFinite($0) }
        firstLost = { _, _, _ in nil }
    }

    /// A type that is read and written by the plain loops of `format`.
    init<Format: EncodableBlockFormat>(_ format: Format.Type) {
        let geometry = format.type.geometry
        let plain = BlockCodec(reading: format)
        decode = plain.decode
        isFinite = plain.isFinite
        encode = { values, target, blocks in
            for block in 0..<blocks {
                format.encode(values + block * geometry.elements, into: target + block * geometry.bytes)
            }
        }
        firstLost = { values, bytes, blocks in
            let count = blocks * geometry.elements
            guard greatestMagnitude(values, count) > format.safeMagnitude.bitPattern else { return nil }
            if format.type.isBlockQuantised {
                if let index = (0..<count).first(where: { !values[$0].isFinite }) { return index }
                let block = (0..<blocks).first { !format.isFinite(bytes + $0 * geometry.bytes) }
                return block.map { $0 * geometry.elements }
            }
            return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { held in
                guard let base = held.baseAddress else { return nil }
                plain.decode(bytes, base, blocks)
                return (0..<count).first {
                    values[$0].isNaN != held[$0].isNaN || values[$0].isInfinite != held[$0].isInfinite
                }
            }
        }
    }
}

/// The largest magnitude, as the bits of a Float without its sign; NaNs count as the largest of all.
private func greatestMagnitude(_ values: UnsafePointer<Float>, _ count: Int) -> UInt32 {
    var greatest: UInt32 = 0
    for index in 0..<count { greatest = max(greatest, values[index].bitPattern & 0x7FFF_FFFF) }
    return greatest
}
