import TensorFile
import TestSupport
import Testing

/// What the codec promises around the formats: sizes, ranges, what is not finite, and validation.
@Suite struct ValueCodecTests {
    static let encodable = ElementType.allCases.filter { $0.isEncodable && !$0.isInteger }

    @Test func whatIsReadAndWritten() {
        let unread = ElementType.allCases.filter { !$0.isDecodable }
        #expect(unread == [.complex64, .complex128, .q8_1, .q8_K])
        let unwritten = ElementType.allCases.filter { $0.isDecodable && !$0.isEncodable }
        #expect(unwritten == [.iq2_XXS, .iq2_XS, .iq3_XXS, .iq1_S, .iq4_NL, .iq3_S, .iq2_S, .iq4_XS, .iq1_M])
    }

    @Test func sizesMustAgree() throws {
        for type in ElementType.allCases {
            let bytes = [UInt8](repeating: 0, count: type.geometry.bytes + 1)
            #expect(throws: TensorFileError.self, "\(type.name)") {
                try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: type.geometry.elements) }
            }
            #expect(throws: TensorFileError.self) {
                try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: -1) }
            }
        }
        #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [1, 2, 3], as: .q8_0) }
    }

    @Test func emptyTensors() throws {
        for type in Self.encodable {
            #expect(try ValueCodec.bytes(of: [], as: type) == [])
            #expect(try [UInt8]().withUnsafeBytes { try ValueCodec.floats($0, as: type, count: 0) } == [])
        }
    }

    @Test func unsupportedTypesSaySo() throws {
        for type in [ElementType.complex64, .q8_1, .q8_K] {
            let bytes = [UInt8](repeating: 0, count: type.geometry.bytes)
            let error = #expect(throws: TensorFileError.self) {
                try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: type.geometry.elements) }
            }
            #expect(error?.kind == .unsupported)
        }
        let error = #expect(throws: TensorFileError.self) {
            try ValueCodec.bytes(of: [Float](repeating: 0, count: 256), as: .iq2_S)
        }
        #expect(error?.kind == .unsupported)
    }

    @Test func lostValuesAreRefusedByPlace() throws {
        let withoutNaN: Set<ElementType> = [.float64, .float32, .float16, .bfloat16, .float8E5M2]
        for type in Self.encodable {
            for special in [Float.nan, .infinity, -.infinity] {
                var values = [Float](repeating: 1, count: 8192)
                values[5000] = special
                if withoutNaN.contains(type) {
                    let bytes = try ValueCodec.bytes(of: values, as: type)
                    let back = try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: values.count) }
                    #expect(back[5000].isNaN == special.isNaN && back[5000].isInfinite == special.isInfinite)
                    continue
                }
                let hasNaN: Set<ElementType> = [.float8E4M3, .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0]
                if special.isNaN, hasNaN.contains(type) { continue }
                let error = #expect(throws: TensorFileError.self, "\(type.name) \(special)") {
                    try ValueCodec.bytes(of: values, as: type)
                }
                #expect(error?.kind == .value)
                #expect(error?.place == "element 5000")
            }
        }
    }

    @Test func overflowIsRefusedUnlessAllowed() throws {
        #expect(try ValueCodec.bytes(of: [65519], as: .float16) == [0xFF, 0x7B])
        #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [65520], as: .float16) }
        #expect(try ValueCodec.bytes(of: [65520], as: .float16, nonFinite: .allow) == [0, 0x7C])
        #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [3.4e38], as: .bfloat16) }
        #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [465], as: .float8E4M3) }
        #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [0], as: .float8E8M0) }
        #expect(try ValueCodec.bytes(of: [100, -100], as: .float4) == [0xF7])
        // The scale of Q8_0 is the largest magnitude over 127, so only beyond 127 · 65520 it overflows.
        var values = [Float](repeating: 0, count: 96)
        values[70] = 8e6
        _ = try ValueCodec.bytes(of: values, as: .q8_0)
        values[70] = 9e6
        let error = #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: values, as: .q8_0) }
        #expect(error?.place == "element 64")
        let bytes = try ValueCodec.bytes(of: values, as: .q8_0, nonFinite: .allow)
        #expect(try bytes.withUnsafeBytes { try ValueCodec.nonFiniteBlocks(in: $0, as: .q8_0) } == [2])
    }

    @Test func validationFindsEveryScale() throws {
        for type in Self.encodable where type.isBlockQuantised && type != .nvfp4 {
            let size = type.geometry.bytes
            var bytes = [UInt8](repeating: 0, count: 5 * size)
            #expect(try bytes.withUnsafeBytes { try ValueCodec.nonFiniteBlocks(in: $0, as: type) } == [])
            for index in size..<2 * size { bytes[index] = 0xFF }
            for index in 4 * size..<5 * size { bytes[index] = index % 2 == 0 ? 0x7E : 0x7E }
            let expected = type == .mxfp4 ? [1] : [1, 4]
            #expect(
                try bytes.withUnsafeBytes { try ValueCodec.nonFiniteBlocks(in: $0, as: type) } == expected,
                "\(type.name)"
            )
            #expect(try bytes.withUnsafeBytes { try ValueCodec.nonFiniteBlocks(in: $0, as: type, limit: 1) } == [1])
        }
        let floats: [Float] = [1, .nan, 2, -.infinity]
        for type in [ElementType.float64, .float32, .float16, .bfloat16] {
            let bytes = try ValueCodec.bytes(of: floats, as: type)
            #expect(try bytes.withUnsafeBytes { try ValueCodec.nonFiniteBlocks(in: $0, as: type) } == [1, 3])
        }
    }

    @Test func sourcesNeedNoAlignment() throws {
        for type in Self.encodable {
            let values = (0..<256).map { Float($0 % 7) + 1 }
            let bytes = try ValueCodec.bytes(of: values, as: type)
            let shifted = [0] + bytes
            let aligned = try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: 256) }
            let unaligned = try shifted.withUnsafeBytes {
                try ValueCodec.floats(UnsafeRawBufferPointer(rebasing: $0[1...]), as: type, count: 256)
            }
            #expect(aligned == unaligned, "\(type.name)")
        }
    }
}
