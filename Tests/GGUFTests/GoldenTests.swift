import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

/// Files that gguf-py wrote (Tests/Golden/GGUF/make_gguf.py): read, and written again to the same bytes.
@Suite struct GoldenTests {
    private let folder = TestFiles.root.appending(path: "Tests/Golden/GGUF")
    private let floats = (0..<64).map { (Float($0) - 31.5) / 8 }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] {
        numbers.withUnsafeBytes { Array($0) }
    }

    @Test func everyValueType() throws {
        let file = try GGUFFile(path("metadata.gguf"))
        let expected: [(String, GGUFValue)] = [
            ("general.architecture", .text("golden")),
            ("u8", .uint8(255)), ("i8", .int8(-128)), ("u16", .uint16(65535)), ("i16", .int16(-32768)),
            ("u32", .uint32(.max)), ("i32", .int32(.min)), ("f32", .float32(0.5)), ("yes", .bool(true)),
            ("no", .bool(false)), ("text", .text("Zürich 東京 🧶")), ("u64", .uint64(.max)), ("i64", .int64(.min)),
            ("f64", .float64(1e300)), ("strings", .texts(["a", "", "<0x0A>", "ü"])),
            ("bytes", .array(GGUFArray([GGUFString([0xFF, 0xFE]), GGUFString("nul\0")]))),
            ("ints", .array(GGUFArray([Int32(1), -2, 3]))), ("floats", .array(GGUFArray([Float(0.25), -1.5]))),
            ("bools", .array(GGUFArray([true, false, true]))), ("octets", .array(GGUFArray([UInt8(0), 127, 255]))),
            ("i8s", .array(GGUFArray([Int8(-1), 1]))), ("u16s", .array(GGUFArray([UInt16(1), .max]))),
            ("i16s", .array(GGUFArray([Int16(-1), 1]))), ("u32s", .array(GGUFArray([UInt32(1), .max]))),
            ("u64s", .array(GGUFArray([UInt64(1), .max]))), ("i64s", .array(GGUFArray([Int64.min, 7]))),
            ("f64s", .array(GGUFArray([0.1, -0.2]))),
        ]
        #expect(file.metadata.entries.map(\.key) == expected.map(\.0))
        for (key, value) in expected { #expect(file[key] == value, "key \(key)") }
        #expect(file["octets"]?.array?.octets.map { Array($0) } == [0, 127, 255])
        #expect(file["u64s"]?.array?.integers == nil)
        #expect(file["u64s"]?.array?.values(as: UInt64.self) == [1, .max])
        #expect(file["i64s"]?.array?.integers == [.min, 7])
        #expect(file["floats"]?.array?.floats == [0.25, -1.5])
        #expect(file["f64s"]?.array?.floats == [0.1, -0.2])
        #expect(file["bools"]?.array?.bools == [true, false, true])
        #expect(file["ints"]?.strings == nil)
        #expect(file.tensors.isEmpty)
    }

    @Test(arguments: ["tensors.gguf", "alignment.gguf", "big-endian.gguf"])
    func plainTensors(name: String) throws {
        let file = try GGUFFile(path(name))
        #expect(file.tensors.prefix(7).map(\.shape) == [[2, 4, 8], [3], [2], [5], [1, 2], [3], [2]])
        #expect(try contents(file, "f32") == bytes(floats))
        #expect(try contents(file, "f16") == bytes([UInt16(0xC3E0), 0xC3A0, 0xC360]))
        #expect(try contents(file, "f64") == bytes(floats[..<2].map { Double($0) }))
        #expect(try contents(file, "i8") == bytes([Int8(-1), 0, 1, 2, 3]))
        #expect(try contents(file, "i16") == bytes([Int16(-1), 256]))
        #expect(try contents(file, "i32") == bytes([Int32(-1), 65536, 7]))
        #expect(try contents(file, "i64") == bytes([Int64(-1), 1 << 40]))
        #expect(file.header.alignment == (name == "alignment.gguf" ? 64 : 32))
        #expect(file.header.order == (name == "big-endian.gguf" ? .big : .little))
    }

    @Test func quantisedTensors() throws {
        let file = try GGUFFile(path("tensors.gguf"))
        let types: [ElementType] = [.bfloat16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .mxfp4, .tq2_0]
        #expect(file.tensors.dropFirst(7).map(\.type) == types)
        #expect(file.tensors.dropFirst(7).map(\.shape) == Array(repeating: [2, 32], count: 7) + [[1, 256]])
    }

    @Test(arguments: ["metadata.gguf", "tensors.gguf", "alignment.gguf"])
    func writesTheSameBytes(name: String) throws {
        try TestFiles.withTemporaryFolder { output in
            let copy = output.appending(path: name).path
            try copyModel(path(name), to: copy)
            #expect(try Data(contentsOf: URL(filePath: copy)) == Data(contentsOf: URL(filePath: path(name))))
        }
    }

    @Test func splitFiles() throws {
        let names = (1...3).map { "split-0000\($0)-of-00003.gguf" }
        let model = try GGUFModel(path(names[0]))
        #expect(model.files.count == 3)
        #expect(model.tensors.map(\.name) == ["f32", "f16", "f64", "i8", "i16", "i32", "i64", "tail"])
        #expect(model.metadata.entries.map(\.key) == ["general.architecture", "golden.block_count"])
        #expect(try contents(model, "tail") == bytes(floats))
        try TestFiles.withTemporaryFolder { output in
            try copyModel(path(names[0]), to: output.appending(path: "split.gguf").path, maximumShardBytes: 280)
            #expect(try FileManager.default.contentsOfDirectory(atPath: output.path).sorted() == names)
            for name in names {
                let copy = try Data(contentsOf: output.appending(path: name))
                #expect(try copy == Data(contentsOf: URL(filePath: path(name))), "file \(name)")
            }
        }
    }
}

/// Reads the model at `source` and writes it to `target` in small pieces.
func copyModel(_ source: String, to target: String, maximumShardBytes: Int? = nil) throws {
    let model = try GGUFModel(source)
    let writer = try GGUFWriter(
        target,
        metadata: model.metadata,
        tensors: model.tensors,
        maximumShardBytes: maximumShardBytes
    )
    for tensor in writer.order { try model.stream(tensor, chunkBytes: 48, writer.append) }
    try writer.finish()
}
