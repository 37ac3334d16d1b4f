import Checkpoints
import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

@Suite struct TransferTests {
    private func convert(_ input: String, _ output: String, to type: ElementType?) throws {
        let conversion = Conversion(of: try Checkpoint(opening: input), to: type)
        let target = try ContainerOutput(output, isReplacing: true)
        let outputs = try conversion.outputs(for: target.format)
        let sink = try target.makeSink(for: outputs.map(\.descriptor), metadata: conversion.metadata())
        try TensorTransfer().run(outputs, into: sink) { _ in }
    }

    private func write(_ values: [Float], shape: [Int], to path: String) throws {
        let writer = try SafetensorsWriter(
            path,
            tensors: [TensorDescriptor(name: "w", type: .float32, shape: shape)]
        )
        try values.withUnsafeBytes { try writer.append($0) }
        try writer.finish()
    }

    /// Larger than several chunks, so that rounds of the pipeline follow each other.
    @Test func largeTensorsKeepTheirOrder() throws {
        try TestFiles.withTemporaryFolder { folder in
            let paths = ["in.safetensors", "half.gguf", "back.npz"].map { folder.appending(path: $0).path }
            let (input, half, back) = (paths[0], paths[1], paths[2])
            let values = (0..<3_000_000).map { Float($0 % 2048) }
            try write(values, shape: [3000, 1000], to: input)
            try convert(input, half, to: .float16)
            try convert(half, back, to: .float32)
            let source = try Checkpoint(opening: back).source
            let tensor = try #require(source.tensor(named: "w"))
            var bytes: [UInt8] = []
            try source.stream(tensor, chunkBytes: 1 << 16) { bytes.append(contentsOf: $0) }
            #expect(bytes == values.withUnsafeBytes { Array($0) })
        }
    }

    @Test func lostValuesAreNamedAndNothingIsLeft() throws {
        try TestFiles.withTemporaryFolder { folder in
            let input = folder.appending(path: "in.safetensors").path
            let output = folder.appending(path: "out.gguf").path
            var values = [Float](repeating: 1, count: 1_000_000)
            values[777_777] = .infinity
            try write(values, shape: [1000, 1000], to: input)
            // Rows of 1000 are no whole blocks: they become F16, which keeps the infinity.
            try convert(input, output, to: .q8_0)
            try write(Array(values.prefix(999_424)), shape: [976, 1024], to: input + "2.safetensors")
            do {
                try convert(input + "2.safetensors", output, to: .q8_0)
                Issue.record("an infinity went into Q8_0")
            } catch let error as TensorFileError {
                #expect(error.kind == .value)
                #expect(error.place == "tensor \"w\", element 777777")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.allSatisfy { !$0.hasSuffix(".partial") })
        }
    }

    @Test func everyTensorWithLostValuesIsNamed() throws {
        try TestFiles.withTemporaryFolder { folder in
            let input = folder.appending(path: "in.safetensors").path
            let output = folder.appending(path: "out.gguf").path
            let tensors = try ["a", "b", "c", "d"].map {
                try TensorDescriptor(name: $0, type: .float32, shape: [4, 32])
            }
            let writer = try SafetensorsWriter(input, tensors: tensors)
            for tensor in writer.order {
                var values = [Float](repeating: 1, count: 128)
                if tensor.name != "b" { values[70] = .nan }
                try values.withUnsafeBytes { try writer.append($0) }
            }
            try writer.finish()
            do {
                try convert(input, output, to: .q4_0)
                Issue.record("a NaN went into Q4_0")
            } catch let error as TensorFileError {
                #expect(error.place == "tensor \"a\", element 70")
                #expect(error.cause.contains("2 other tensors: \"c\", \"d\""), "\(error)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in.safetensors"])
            try convert(input, output, to: .float16)
        }
    }

    @Test func typesThatTheContainerLacksAreRefused() throws {
        try TestFiles.withTemporaryFolder { folder in
            let input = folder.appending(path: "in.safetensors").path
            try write([1, 2, 3, 4], shape: [2, 2], to: input)
            for (output, type) in [("o.safetensors", ElementType.q4_0), ("o.npz", .bfloat16), ("o.gguf", .q8_1)] {
                #expect(throws: TensorFileError.self) {
                    try convert(input, folder.appending(path: output).path, to: type)
                }
            }
            #expect(throws: TensorFileError.self) { try ContainerOutput("model.bin") }
        }
    }
}
