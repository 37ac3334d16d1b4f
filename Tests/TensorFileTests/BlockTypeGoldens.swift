import Foundation
import TensorFile
import TestSupport

/// The goldens of Tests/Golden/BlockTypes, and the inputs that their script made them from.
enum BlockTypeGoldens {
    static let folder = TestFiles.root.appending(path: "Tests/Golden/BlockTypes")

    /// The digests of `decode` or `encode`, by type: gguf's and ml_dtypes', then ggml's.
    static func digests(_ direction: String) throws -> [(type: ElementType, digest: String)] {
        try ["digests.txt", "ggml_digests.txt"]
            .flatMap { try String(contentsOf: folder.appending(path: $0), encoding: .utf8).split(separator: "\n") }
            .map { $0.split(separator: " ").map(String.init) }
            .compactMap { line in
                guard line.count == 3, line[0] == direction, let type = ElementType(named: line[1]) else { return nil }
                return (type, line[2])
            }
    }

    /// Values at the corners of the formats.
    static func edges() throws -> [Float] {
        let bytes = try Data(contentsOf: folder.appending(path: "edges.f32"))
        return try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: .float32, count: bytes.count / 4) }
    }

    /// The first `count` outputs of SplitMix64.
    static func splitMix(_ seed: UInt64, _ count: Int) -> [UInt64] {
        (1...UInt64(count)).map { index in
            var z = seed &+ index &* 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// 512 random blocks of `type`; for the small floats every code once.
    static func blocks(of type: ElementType) -> [UInt8] {
        switch type {
        case .float4: return (0..<8).map { $0 << 1 | ($0 << 1 | 1) << 4 }.map { UInt8(truncatingIfNeeded: $0) }
        case .float6E2M3, .float6E3M2:
            return (0..<16).flatMap { group in
                let word = (0..<4).reduce(0) { $0 | (4 * group + $1) << (6 * $1) }
                return [0, 8, 16].map { UInt8(truncatingIfNeeded: word >> $0) }
            }
        case _ where type.name.hasPrefix("F8"): return Array(0...255)
        default:
            return splitMix(1, 64 * type.geometry.bytes).flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
        }
    }

    /// Roughly normal values, every run of 256 with its own power of two; for the small floats, floats of all magnitudes.
    static func values(for type: ElementType) -> [Float] {
        if type.name.hasPrefix("F8") || type.name.hasPrefix("F6") || type == .float4 {
            return (0...UInt32(0xFFFF)).flatMap { high in
                [0, 1, 0xFFFF].map { Float(bitPattern: high << 16 | $0) }
            }
        }
        return sumsOfFields(512 * 256).enumerated().map { index, total in
            Float(sign: .plus, exponent: index / 256 % 41 - 36, significand: Float(total))
        }
    }

    /// Sums of four 16-bit fields about 0, roughly normal.
    static func sumsOfFields(_ count: Int) -> [Int] {
        splitMix(7, count).map { word in
            [0, 16, 32, 48].reduce(0) { $0 + Int(word >> UInt64($1) & 0xFFFF) } - 131070
        }
    }

    /// Sum of (word + 1)·(2·index + 1) modulo 2⁶⁴, as 16 digits.
    static func digest(_ words: some Sequence<UInt64>) -> String {
        var sum: UInt64 = 0
        for (index, word) in words.enumerated() { sum &+= (word &+ 1) &* UInt64(2 * index + 1) }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The digest of floats, all NaNs alike.
    static func digest(_ values: [Float]) -> String {
        digest(values.lazy.map { UInt64($0.isNaN ? 0x7FC0_0000 : $0.bitPattern) })
    }
}
