import TensorFile
import Testing

/// Integers and doubles, which Float cannot carry.
@Suite struct ExactValueTests {
    private func bytes(of values: [Int64], as type: ElementType) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: try #require(type.geometry.byteCount(elements: values.count)))
        try bytes.withUnsafeMutableBufferPointer { bytes in
            try values.withUnsafeBufferPointer {
                try ValueCodec.encode($0, as: type, into: UnsafeMutableRawBufferPointer(bytes))
            }
        }
        return bytes
    }

    private func bytes(of values: [Double], as type: ElementType) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: try #require(type.geometry.byteCount(elements: values.count)))
        try bytes.withUnsafeMutableBufferPointer { bytes in
            try values.withUnsafeBufferPointer {
                try ValueCodec.encode($0, as: type, into: UnsafeMutableRawBufferPointer(bytes))
            }
        }
        return bytes
    }

    private func integers(_ bytes: [UInt8], as type: ElementType) throws -> [Int64] {
        var values = [Int64](repeating: 0, count: bytes.count / type.geometry.bytes)
        try values.withUnsafeMutableBufferPointer { values in
            try bytes.withUnsafeBytes { try ValueCodec.decode($0, as: type, into: values) }
        }
        return values
    }

    @Test func integersKeepTheirRange() throws {
        let ranges: [(ElementType, Int64, Int64)] = [
            (.int8, -128, 127), (.uint8, 0, 255), (.int16, -32768, 32767), (.uint16, 0, 65535),
            (.int32, Int64(Int32.min), Int64(Int32.max)), (.uint32, 0, Int64(UInt32.max)), (.int64, .min, .max),
            (.uint64, 0, .max), (.bool, 0, 1),
        ]
        for (type, least, greatest) in ranges {
            let values = [least, greatest, 1, 0]
            let stored = try bytes(of: values, as: type)
            #expect(try integers(stored, as: type) == values, "\(type.name)")
            for outside in [least.subtractingReportingOverflow(1), greatest.addingReportingOverflow(1)]
            where !outside.overflow {
                let error = #expect(throws: TensorFileError.self) {
                    try bytes(of: [0, outside.partialValue], as: type)
                }
                #expect(error?.kind == .value && error?.place == "element 1")
            }
        }
        #expect(throws: TensorFileError.self) { try integers([UInt8](repeating: 0xFF, count: 8), as: .uint64) }
    }

    @Test func boolsAreNormalised() throws {
        let stored: [UInt8] = [0, 1, 2, 255]
        #expect(try integers(stored, as: .bool) == [0, 1, 1, 1])
        #expect(try stored.withUnsafeBytes { try ValueCodec.floats($0, as: .bool, count: 4) } == [0, 1, 1, 1])
        #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [2], as: .bool) }
    }

    @Test func integersTakeWholeNumbersOnly() throws {
        #expect(try ValueCodec.bytes(of: [-3, 7], as: .int8) == [0xFD, 7])
        for value in [Float(0.5), .nan, .infinity, 128] {
            #expect(throws: TensorFileError.self) { try ValueCodec.bytes(of: [value], as: .int8) }
        }
        #expect(try integers(try ValueCodec.bytes(of: [5, -9], as: .float16), as: .float16) == [5, -9])
        #expect(throws: TensorFileError.self) {
            try integers(try ValueCodec.bytes(of: [0.5], as: .float16), as: .float16)
        }
    }

    @Test func doublesStayExact() throws {
        let values = [Double.pi, -1e300, .leastNonzeroMagnitude, .infinity]
        let stored = try bytes(of: values, as: .float64)
        #expect(try stored.withUnsafeBytes { try ValueCodec.doubles($0, as: .float64, count: 4) } == values)
        let large: [Int64] = [1 << 53 - 1, -(1 << 53)]
        let held = try bytes(of: large, as: .int64).withUnsafeBytes { try ValueCodec.doubles($0, as: .int64, count: 2) }
        #expect(held == [9007199254740991, -9007199254740992])
        let narrowed = try bytes(of: [Double.pi], as: .float32)
        #expect(
            try narrowed.withUnsafeBytes { try ValueCodec.doubles($0, as: .float32, count: 1) } == [
                Double(Float(Double.pi))
            ]
        )
        #expect(throws: TensorFileError.self) { try bytes(of: [1e300], as: .float32) }
    }
}
