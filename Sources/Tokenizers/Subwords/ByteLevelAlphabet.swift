/// GPT-2's way of writing any byte as a visible character in vocabulary files: printable Latin-1 bytes stand for
/// themselves, the others for U+0100 upwards in order (a space is `Ġ`).
enum ByteLevelAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [UInt32] = {
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
            default:
                next += 1
                return next - 1
            }
        }
    }()

    /// The byte for each scalar below U+0144; -1 for none.
    private static let bytes: [Int] = {
        var bytes = [Int](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = byte }
        return bytes
    }()

    /// The byte that `scalar` stands for.
    static func byte(_ scalar: UInt32) -> UInt8? {
        guard scalar < bytes.count, bytes[Int(scalar)] >= 0 else { return nil }
        return UInt8(bytes[Int(scalar)])
    }

    /// The bytes that `piece` stands for; nil where it has a character outside the alphabet.
    static func decoded(_ piece: some Sequence<UInt8>) -> [UInt8]? {
        let text = Array(piece)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var offset = 0
        while offset < text.count {
            let scalar = text.span.scalar(at: offset)
            guard let byte = byte(scalar.value) else { return nil }
            decoded.append(byte)
            offset += scalar.length
        }
        return decoded
    }
}
