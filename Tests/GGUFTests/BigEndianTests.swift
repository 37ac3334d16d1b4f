import GGUF
import TensorFile
import TestSupport
import Testing

/// Big-endian blocks, turned round by hand after ggml's structures.
@Suite struct BigEndianTests {
    /// Bytes numbered from zero, one block; `swapped` lists the places of numbers by their offset, width and count.
    private func check(_ type: ElementType, _ swapped: [(offset: Int, width: Int, count: Int)]) throws {
        let size = type.geometry.bytes
        let little = (0..<2 * size).map { UInt8(truncatingIfNeeded: $0) }
        var big = little
        for block in 0..<2 {
            for (offset, width, count) in swapped {
                for index in 0..<count {
                    let start = block * size + offset + index * width
                    big.replaceSubrange(start..<start + width, with: little[start..<start + width].reversed())
                }
            }
        }
        var file = GGUFBytes(order: .big)
        file.addTensor("t", [UInt64(type.geometry.elements), 2], type: try #require(type.ggmlID), big)
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            #expect(try contents(source, "t") == little, "\(type.name)")
        }
    }

    @Test func numbersInBlocks() throws {
        try check(.float64, [(0, 8, 1)])
        try check(.int32, [(0, 4, 1)])
        try check(.bfloat16, [(0, 2, 1)])
        try check(.int8, [])
        for type in [ElementType.q4_0, .q8_0, .iq4_NL, .q1_0, .q2_0, .iq2_S, .iq3_S] { try check(type, [(0, 2, 1)]) }
        for type in [ElementType.q4_1, .q8_1, .q4_K, .q5_K, .iq4_XS] { try check(type, [(0, 2, 2)]) }
        for type in [ElementType.mxfp4, .nvfp4] { try check(type, []) }
        try check(.q2_K, [(80, 2, 2)])
        try check(.q3_K, [(108, 2, 1)])
        try check(.q6_K, [(208, 2, 1)])
        try check(.q8_K, [(0, 4, 1), (260, 2, 16)])
        try check(.iq2_XS, [(0, 2, 1), (2, 2, 32)])
        try check(.iq1_S, [(0, 2, 1), (34, 2, 8)])
        try check(.tq1_0, [(52, 2, 1)])
        try check(.tq2_0, [(64, 2, 1)])
    }

    @Test(arguments: [ElementType.q5_0, .q5_1, .iq2_XXS, .iq3_XXS, .iq1_M])
    func typesWithoutAnAgreedFormAreRefused(type: ElementType) throws {
        var file = GGUFBytes(order: .big)
        let bytes = [UInt8](repeating: 0, count: type.geometry.bytes)
        file.addTensor("t", [UInt64(type.geometry.elements)], type: try #require(type.ggmlID), bytes)
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            let error = failure { _ = try contents(source, "t") }
            #expect(error?.kind == .unsupported)
            #expect(error?.cause == "\(type.name) has no agreed big-endian form")
        }
    }
}
