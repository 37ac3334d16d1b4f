import Foundation
import GGUF
import NumPy
import Safetensors
import TensorFile
import TestSupport
import Testing
import Verification

@Suite struct StructureReportTests {
    /// Writes a tensor by `makeSink`, changes the file's bytes by `damage`, and reports on it.
    private func report(
        _ name: String,
        _ tensor: TensorDescriptor,
        _ values: [UInt8],
        _ makeSink: (String) throws -> any TensorSink,
        damage: (inout [UInt8]) -> Void = { _ in }
    ) throws -> StructureReport {
        try TestFiles.withTemporaryFolder { folder in
            let url = folder.appending(path: name)
            let sink = try makeSink(url.path)
            try values.withUnsafeBytes { try sink.append($0) }
            try sink.finish()
            var bytes = Array(try Data(contentsOf: url))
            damage(&bytes)
            try Data(bytes).write(to: url)
            return try StructureReport(of: url.path)
        }
    }

    private let floats: [UInt8] = [Float](repeating: 0.5, count: 64).withUnsafeBytes { Array($0) }
    private func tensor(_ type: ElementType = .float32) throws -> TensorDescriptor {
        try TensorDescriptor(name: "t", type: type, shape: [2, 32])
    }

    @Test func cleanFilesPassWithEqualChecksums() throws {
        let tensor = try tensor()
        let reports = [
            try report("a.safetensors", tensor, floats) { try SafetensorsWriter($0, tensors: [tensor]) },
            try report("a.gguf", tensor, floats) { try GGUFWriter($0, metadata: GGUFMetadata(), tensors: [tensor]) },
            try report("a.npz", tensor, floats) { try NumPyArchiveWriter($0, tensors: [tensor]) },
            try report("t.npy", tensor, floats) { try NumPyArrayWriter($0, tensor: tensor) },
        ]
        for report in reports {
            #expect(report.isClean, "\(report.findings)")
            #expect(report.json["passed"]?.bool == true)
        }
        #expect(Set(reports.map { $0.tensors[0].digest }).count == 1)
        #expect(reports[0].tensors[0].digest != nil)
    }

    @Test func bytesBehindTheLastTensorAreFound() throws {
        let tensor = try tensor()
        for name in ["a.safetensors", "a.gguf", "t.npy"] {
            let report = try report(
                name,
                tensor,
                floats,
                { path in
                    switch name {
                    case "a.safetensors": try SafetensorsWriter(path, tensors: [tensor])
                    case "a.gguf": try GGUFWriter(path, metadata: GGUFMetadata(), tensors: [tensor])
                    default: try NumPyArrayWriter(path, tensor: tensor)
                    }
                },
                damage: { $0 += Array("PK\u{3}\u{4}hidden".utf8) }
            )
            #expect(!report.isClean, "\(name)")
            #expect(report.findings.contains { $0.text.contains("10 bytes") }, "\(report.findings)")
        }
    }

    @Test func damagedMembersAreFound() throws {
        let tensor = try tensor()
        let report = try report("a.npz", tensor, floats, { try NumPyArchiveWriter($0, tensors: [tensor]) }) { bytes in
            // The data begins on a multiple of 64 behind two headers.
            bytes[300] ^= 1
        }
        #expect(!report.isClean)
        #expect(report.tensors[0].digest == nil)
        #expect(report.findings.first?.text.contains("CRC-32") == true, "\(report.findings)")
    }

    // G27
    @Test func scalesThatAreNoNumbersAreFound() throws {
        let block = [0x00, 0x3C] + [UInt8](repeating: 1, count: 32)
        let broken = [0x00, 0xFC] + [UInt8](repeating: 1, count: 32)
        let tensor = try tensor(.q8_0)
        let report = try report("a.gguf", tensor, block + broken) {
            try GGUFWriter($0, metadata: GGUFMetadata(), tensors: [tensor])
        }
        #expect(!report.isClean)
        #expect(report.tensors[0].nonFiniteCount == 1 && report.tensors[0].firstNonFinite == 1)
        #expect(report.findings.contains { $0.place == "tensor \"t\"" && $0.text.contains("block 1") })
    }

    /// Far enough into the tensor that it lies in a later chunk of the reading.
    @Test func plainValuesThatAreNoNumbersAreCounted() throws {
        let tensor = try TensorDescriptor(name: "t", type: .float32, shape: [1 << 19])
        var values = [Float](repeating: 1, count: 1 << 19)
        (values[300_000], values[500_000]) = (.nan, -.infinity)
        let report = try report("a.safetensors", tensor, values.withUnsafeBytes { Array($0) }) {
            try SafetensorsWriter($0, tensors: [tensor])
        }
        #expect(report.tensors[0].nonFiniteCount == 2 && report.tensors[0].firstNonFinite == 300_000)
    }

    @Test func whatCannotBeReadIsAnError() throws {
        let tensor = try tensor()
        #expect(throws: TensorFileError.self) {
            try report("a.gguf", tensor, floats, { try GGUFWriter($0, metadata: GGUFMetadata(), tensors: [tensor]) }) {
                $0 = Array($0.prefix(100))
            }
        }
    }
}
