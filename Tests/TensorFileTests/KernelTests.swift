import TensorFile
import TestSupport
import Testing

/// The loops in C against their plain statements in Swift, on every path that this CPU has.
@Suite struct KernelTests {
    static let types: [ElementType] = [
        .float16, .bfloat16, .float8E4M3, .float8E5M2FNUZ, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K,
        .q5_K, .q6_K,
    ]

    /// Values that exercise every branch: normal ones of all sizes, the corners, and what is not finite.
    static let values: [Float] = {
        var values = Array(BlockTypeGoldens.values(for: .q8_0).prefix(41 * 256))
        values += (try? BlockTypeGoldens.edges()) ?? []
        for special in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1e20, 3e6, .leastNonzeroMagnitude] {
            values += (0..<256).map { $0 % 37 == 5 ? special : Float($0) }
            values += [Float](repeating: special, count: 256)
        }
        return values
    }()

    @Test(arguments: types) func everyPathEncodesAsThePlainLoop(type: ElementType) throws {
        let plain = try ValueCodec.encodePlainly(Self.values, as: type)
        try KernelPaths.forEach { path in
            let bytes = try ValueCodec.bytes(of: Self.values, as: type, nonFinite: .allow)
            let size = type.geometry.bytes
            let wrong = (0..<bytes.count / size).filter { block in
                bytes[block * size..<(block + 1) * size] != plain[block * size..<(block + 1) * size]
            }
            #expect(wrong.isEmpty, "path \(path.rawValue): blocks \(wrong)")
        }
    }

    @Test(arguments: types) func everyPathDecodesAsThePlainLoop(type: ElementType) throws {
        let blocks = BlockTypeGoldens.blocks(of: type)
        let plain = try ValueCodec.decodePlainly(blocks, as: type)
        try KernelPaths.forEach { path in
            let values = try blocks.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: plain.count) }
            #expect(BlockTypeGoldens.digest(values) == BlockTypeGoldens.digest(plain), "path \(path.rawValue)")
        }
    }
}
