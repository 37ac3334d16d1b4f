/// How the values of one block of an element type are stored: the plain statement of a format, and the oracle of its
/// kernel in C where it has one. Pointers need no alignment on the byte side.
protocol BlockFormat: SendableMetatype {
    /// The type, whose `geometry` says how many values and bytes a block has.
    static var type: ElementType { get }
    /// Magnitudes up to this are certain to stay finite; beyond it, or where it is nil, the encoded block is looked at.
    static var safeMagnitude: Float? { get }
    /// Reads the values of one block.
    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>)
    /// True where no scale of the block (no value, for plain floats) is NaN or infinite.
    static func isFinite(_ block: UnsafeRawPointer) -> Bool
}

/// A format that can also be written.
protocol EncodableBlockFormat: BlockFormat {
    /// Writes the values of one block, every byte of it.
    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer)
}

extension BlockFormat {
    /// No block type's scale exceeds its largest value, and scales are F16.
    static var safeMagnitude: Float? { Half.greatest }
}

extension UnsafeRawPointer {
    /// The byte at `offset`.
    func byte(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }
    /// The little-endian 16-bit word at byte `offset`.
    func word(_ offset: Int) -> UInt16 { UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
    /// The little-endian 32-bit word at byte `offset`.
    func doubleWord(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    /// The F16 number at byte `offset`.
    func half(_ offset: Int) -> Float { Half.float(word(offset)) }
    /// True where the F16 number at byte `offset` is finite.
    func isFiniteHalf(_ offset: Int) -> Bool { word(offset) & Half.exponentMask != Half.exponentMask }
}

extension UnsafeMutableRawPointer {
    /// Sets the byte at `offset`.
    func store(byte: UInt8, at offset: Int) { storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
    /// Sets the little-endian 16-bit word at byte `offset`.
    func store(word: UInt16, at offset: Int) {
        storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt16.self)
    }
    /// Sets the F16 number at byte `offset`, rounded to nearest even.
    func store(half: Float, at offset: Int) { store(word: Half.bits(half), at: offset) }
}
