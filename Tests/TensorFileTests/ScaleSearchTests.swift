import Foundation
import TensorFile
import Testing

/// The K types' encoders by their squared error.
@Suite struct ScaleSearchTests {
    /// The values of make_ggml.py.
    static func values(_ label: Substring) -> [Float] {
        let normal = BlockTypeGoldens.sumsOfFields(64 * 256).map { Float($0) * 0x1p-17 }
        return switch label {
        case "heavy": normal.map { $0 * $0 * $0 }
        case "positive": normal.map { abs($0) + 1 }
        default: normal
        }
    }

    @Test func errorsAreBelowThoseOfGGML() throws {
        let file = BlockTypeGoldens.folder.appending(path: "ggml_errors.txt")
        let goldens = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: " ")
        }
        #expect(goldens.count == 15)
        for golden in goldens {
            let type = try #require(ElementType(named: String(golden[1])))
            let limit = try #require(Double(golden[2]))
            let values = Self.values(golden[0])
            let bytes = try ValueCodec.bytes(of: values, as: type)
            let decoded = try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: values.count) }
            let error = zip(values, decoded).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
            #expect(error < limit, "\(golden[0]) \(type.name): \(error / limit)")
        }
    }

    /// Groups of one value, of none but zeros, and of values next to each other must not divide by zero.
    @Test(arguments: [ElementType.q2_K, .q3_K, .q4_K, .q5_K, .q6_K]) func degenerateGroups(type: ElementType) throws {
        let close = (0..<256).map { Float(1000) + Float($0 % 3) * 0x1p-14 }
        let single = (0..<256).map { $0 % 32 == 7 ? Float(-2.5) : 0 }
        let cases: [([Float], Float)] = [
            ([Float](repeating: 0, count: 256), 0), ([Float](repeating: -1.25, count: 256), 0.02),
            ([Float](repeating: 3, count: 256), 0.05), (close, 20), (single, 0.05),
        ]
        for (values, tolerance) in cases {
            let bytes = try ValueCodec.bytes(of: values, as: type)
            let decoded = try bytes.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: 256) }
            let worst = zip(values, decoded).map { abs($0 - $1) }.max() ?? 0
            #expect(worst <= tolerance, "\(type.name) \(values[0])…: \(worst)")
        }
    }
}
