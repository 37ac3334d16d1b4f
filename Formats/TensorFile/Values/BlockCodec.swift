import Kernels

/// One element type's conversions over runs of blocks.
struct BlockCodec: Sendable {
    typealias Decode = @Sendable (UnsafeRawPointer, UnsafeMutablePointer<Float>, _ blocks: Int) -> Void
    typealias Encode = @Sendable (UnsafePointer<Float>, UnsafeMutableRawPointer, _ blocks: Int) -> Void

    /// Loops over blocks.
    struct Loops: Sendable {
        /// Reads a number of blocks.
        let decode: Decode
        /// Writes a number of blocks; nil where the type is only read.
        let encode: Encode?
    }

    /// The loops in use.
    var loops: Loops
    /// The loops over the format's own functions, without kernels.
    let plain: Loops
    /// True where the block has no NaN or infinite scale.
    let isFinite: @Sendable (UnsafeRawPointer) -> Bool
    /// The first value of a run, as an index into it, that its encoded blocks do not hold (see `NonFinitePolicy`).
    let firstLost: @Sendable (UnsafePointer<Float>, UnsafeMutableRawPointer, _ blocks: Int) -> Int?

    /// A type that is read only.
    init<Format: BlockFormat>(reading format: Format.Type) {
        plain = Loops(decode: Self.decoding(format), encode: nil)
        loops = plain
        isFinite = { format.isFinite($0) }
        firstLost = { _, _, _ in nil }
    }

    /// A type that is read and written.
    init<Format: EncodableBlockFormat>(_ format: Format.Type) {
        let geometry = format.type.geometry
        let decode = Self.decoding(format)
        plain = Loops(decode: decode) { values, target, blocks in
            for block in 0..<blocks {
                format.encode(values + block * geometry.elements, into: target + block * geometry.bytes)
            }
        }
        loops = plain
        isFinite = { format.isFinite($0) }
        firstLost = { values, bytes, blocks in
            let count = blocks * geometry.elements
            if let safe = format.safeMagnitude, greatestMagnitude(values, count) <= safe.bitPattern { return nil }
            if format.type.isBlockQuantised {
                if let index = (0..<count).first(where: { !values[$0].isFinite }) { return index }
                let block = (0..<blocks).first { !format.isFinite(bytes + $0 * geometry.bytes) }
                return block.map { $0 * geometry.elements }
            }
            return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { held in
                guard let base = held.baseAddress else { return nil }
                decode(bytes, base, blocks)
                return (0..<count).first {
                    values[$0].isNaN != base[$0].isNaN || values[$0].isInfinite != base[$0].isInfinite
                }
            }
        }
    }

    /// A type whose loops run in C; `format` states what they do.
    init<Format: EncodableBlockFormat>(_ format: Format.Type, decode: @escaping Decode, encode: @escaping Encode) {
        self.init(format)
        loops = Loops(decode: decode, encode: encode)
    }

    /// A block type whose loops run in C; `format` states what they do.
    init<Format: EncodableBlockFormat>(_ format: Format.Type, kernel: see_block_type) {
        self.init(format) { source, values, blocks in
            see_block_kernel_of(kernel).decode(source.assumingMemoryBound(to: UInt8.self), values, blocks)
        } encode: { values, target, blocks in
            see_block_kernel_of(kernel).encode(values, target.assumingMemoryBound(to: UInt8.self), blocks)
        }
    }

    private static func decoding<Format: BlockFormat>(_ format: Format.Type) -> Decode {
        let geometry = format.type.geometry
        return { source, values, blocks in
            for block in 0..<blocks {
                format.decode(source + block * geometry.bytes, into: values + block * geometry.elements)
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
