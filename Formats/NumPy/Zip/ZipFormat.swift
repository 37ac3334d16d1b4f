import TensorFile

/// Numbers of the ZIP format (PKWARE's APPNOTE.TXT 6.3.10), by the names used there.
enum ZipFormat {
    static let localHeader: UInt32 = 0x0403_4B50
    static let dataDescriptor: UInt32 = 0x0807_4B50
    static let centralHeader: UInt32 = 0x0201_4B50
    static let endRecord: UInt32 = 0x0605_4B50
    static let zip64EndRecord: UInt32 = 0x0606_4B50
    static let zip64Locator: UInt32 = 0x0706_4B50

    static let localHeaderBytes = 30
    static let centralHeaderBytes = 46
    static let endRecordBytes = 22
    static let zip64EndRecordBytes = 56
    static let zip64LocatorBytes = 20

    /// The extra field that holds sizes of 64 bits.
    static let zip64Extra: UInt16 = 0x0001
    /// The extra field that only aligns the data (as Android's `zipalign` writes it).
    static let alignmentExtra: UInt16 = 0xD935

    /// Values that say "see the ZIP64 field".
    static let deferred16: UInt16 = 0xFFFF
    static let deferred32: UInt32 = 0xFFFF_FFFF

    /// Longest member name that is read or written. File systems stop at 4,096.
    static let nameLimit = 4_096
    /// Largest central directory that is read: some millions of members.
    static let directoryLimit = 256 << 20
}

/// The flags of a member.
struct ZipFlags: Hashable, Sendable {
    let bits: UInt16

    /// Sizes and checksum follow the data.
    static let dataDescriptor: UInt16 = 1 << 3
    /// The name is UTF-8.
    static let utf8: UInt16 = 1 << 11
    /// Bits 1 and 2 tell how hard the compressor tried; they change nothing for a reader.
    private static let known = dataDescriptor | utf8 | 1 << 1 | 1 << 2

    var hasDataDescriptor: Bool { bits & Self.dataDescriptor != 0 }
    var isUTF8: Bool { bits & Self.utf8 != 0 }

    /// What the flags ask for that is not read; nil where there is nothing.
    var unsupportedFeature: String? {
        if bits & (1 << 0 | 1 << 6 | 1 << 13) != 0 { return "encryption" }
        if bits & 1 << 5 != 0 { return "patched data" }
        let unknown = bits & ~Self.known
        return unknown == 0 ? nil : "the flags 0x\(String(unknown, radix: 16))"
    }
}

/// How a member's bytes are packed.
enum ZipMethod: UInt16, Hashable, Sendable {
    case stored = 0
    case deflate = 8
    case zstd = 93

    /// The name of any method number, for messages.
    static func name(of number: UInt16) -> String {
        switch number {
        case 0: "stored"
        case 8: "deflate"
        case 9: "deflate64"
        case 12: "bzip2"
        case 14: "LZMA"
        case 93: "Zstandard"
        case 95: "XZ"
        case 97: "WavPack"
        case 98: "PPMd"
        case 99: "AES encryption"
        default: "unknown"
        }
    }
}
