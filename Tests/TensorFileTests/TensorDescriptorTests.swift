import TensorFile
import Testing

@Suite struct TensorDescriptorTests {
    private func kind(_ type: ElementType, _ shape: [Int]) -> TensorFileError.Kind? {
        do {
            _ = try TensorDescriptor(name: "t", type: type, shape: shape)
            return nil
        } catch { return error.kind }
    }

    @Test func provesSizes() throws {
        let matrix = try TensorDescriptor(name: "m", type: .q4_0, shape: [3, 64])
        #expect((matrix.elementCount, matrix.byteCount, matrix.rowCount, matrix.rowByteCount) == (192, 108, 3, 36))
        let scalar = try TensorDescriptor(name: "s", type: .float32, shape: [])
        #expect((scalar.elementCount, scalar.byteCount, scalar.rowCount) == (1, 4, 1))
        let empty = try TensorDescriptor(name: "e", type: .float32, shape: [3, 0])
        #expect((empty.elementCount, empty.byteCount, empty.rowCount) == (0, 0, 0))
    }

    @Test func refusesOverflowInAnyOrder() {
        #expect(kind(.float32, [1 << 62, 2]) == .overflow)
        #expect(kind(.uint8, [1 << 62, 4]) == .overflow)
        // Zero lengths hide nothing: both orders meet the same verdict.
        #expect(kind(.uint8, [0, 1 << 62, 4]) == .overflow)
        #expect(kind(.uint8, [1 << 62, 4, 0]) == .overflow)
        #expect(kind(.float64, [1 << 61]) == .overflow)
        #expect(kind(.float64, [1 << 61, 0]) == .overflow)
    }

    @Test func refusesBrokenBlocks() {
        #expect(kind(.q4_0, [2, 33]) == .mismatch)
        #expect(kind(.float4, [3]) == .malformed)
        #expect(kind(.float4, [2, 3]) == nil)
        #expect(kind(.float6E2M3, [6]) == .malformed)
        #expect(kind(.float32, [-1]) == .malformed)
    }

    @Test func everyTypeHasAName() {
        for type in ElementType.allCases {
            #expect(ElementType(named: type.name.lowercased()) == type)
            #expect(type.geometry.elements > 0 && type.geometry.bytes > 0)
        }
    }
}
