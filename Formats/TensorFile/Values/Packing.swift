// Where the block types put codes of a few bits. Offsets are bytes from the start of the block.

extension UnsafeRawPointer {
    /// The 4-bit code `index` of 32 in 16 bytes: 0…15 are lower halves, 16…31 upper ones.
    func pairedCode(_ index: Int, at offset: Int) -> UInt8 {
        byte(offset + index & 15) >> (index < 16 ? 0 : 4) & 15
    }

    /// The 2-bit code `index` of 256 in 64 bytes: byte i of a half holds codes i, i + 32, i + 64, i + 96, lowest first.
    func quarterCode(_ index: Int, at offset: Int) -> UInt8 {
        byte(offset + index / 128 * 32 + index % 32) >> (index / 32 % 4 * 2) & 3
    }
}

extension UnsafeMutableRawPointer {
    /// Stores 32 codes of 4 bits in 16 bytes.
    func storePairs(at offset: Int, code: (Int) -> UInt8) {
        for index in 0..<16 { store(byte: code(index) & 15 | code(index + 16) << 4, at: offset + index) }
    }

    /// Stores 32 codes of 5 bits: a word of their uppermost bits, then the others as pairs.
    func storeFiveBitCodes(at offset: Int, code: (Int) -> UInt8) {
        let high = (0..<32).reduce(UInt32(0)) { $0 | UInt32(code($1) >> 4) << UInt32($1) }
        storeBytes(of: high.littleEndian, toByteOffset: offset, as: UInt32.self)
        storePairs(at: offset + 4, code: code)
    }

    /// Stores 256 codes of 2 bits in 64 bytes.
    func storeQuarters(at offset: Int, code: (Int) -> UInt8) {
        for index in 0..<64 {
            let first = index / 32 * 128 + index % 32
            let byte = (0..<4).reduce(UInt8(0)) { $0 | (code(first + 32 * $1) & 3) << (2 * $1) }
            store(byte: byte, at: offset + index)
        }
    }
}
