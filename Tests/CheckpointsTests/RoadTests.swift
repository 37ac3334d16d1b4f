import Checkpoints
import Foundation
import LinearAlgebra
import Safetensors
import TensorFile
import TestSupport
import Testing

/// The whole road on a small model directory: import, factorize, export in every form, read back.
@Suite struct RoadTests {
    /// A Hugging Face directory of the BERT kind with random weights.
    static func makeModel(in folder: URL, vocabulary: Int = 200, width: Int = 32) throws -> String {
        let path = folder.appending(path: "model")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        let config = """
            {"model_type": "bert", "vocab_size": \(vocabulary), "hidden_size": \(width), "architectures": ["BertModel"]}
            """
        try Data(config.utf8).write(to: path.appending(path: "config.json"))
        try Data("[PAD]\n".utf8).write(to: path.appending(path: "vocab.txt"))
        var random = SplitMix64(seed: 1)
        let tensors = try [
            TensorDescriptor(name: "embeddings.word_embeddings.weight", type: .float32, shape: [vocabulary, width]),
            TensorDescriptor(name: "embeddings.position_embeddings.weight", type: .float32, shape: [16, width]),
            TensorDescriptor(name: "encoder.layer.0.dense.weight", type: .float32, shape: [width, width]),
            TensorDescriptor(name: "embeddings.position_ids", type: .int64, shape: [1, 16]),
        ]
        let writer = try SafetensorsWriter(
            path.appending(path: "model.safetensors").path,
            tensors: tensors,
            metadata: [("format", "pt")]
        )
        for tensor in writer.order {
            if tensor.type == .int64 {
                try (0..<16).map { Int64($0) }.withUnsafeBytes { try writer.append($0) }
            } else {
                try (0..<tensor.elementCount).map { _ in random.normal() }.withUnsafeBytes { try writer.append($0) }
            }
        }
        try writer.finish()
        return path.path
    }

    private func bytes(of name: String, in path: String) throws -> [UInt8] {
        let source = try Checkpoint(opening: path).source
        let tensor = try #require(source.tensor(named: name))
        var bytes: [UInt8] = []
        try source.stream(tensor, chunkBytes: 100) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// A workspace of all its vocabulary tables.
    static func makeWorkspace(of model: String, in folder: URL) throws -> Workspace {
        let checkpoint = try Checkpoint(opening: model)
        return try Workspace(
            importing: checkpoint,
            tables: checkpoint.findTables(),
            tokenizer: nil,
            to: folder.appending(path: "work").path,
            replacing: false
        ) { _ in }
    }

    @Test func findsTablesAndSaysWhy() throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = try Self.makeModel(in: folder)
            let tables = try Checkpoint(opening: model).findTables()
            #expect(tables.filter(\.isChosen).map(\.name) == ["embeddings.word_embeddings"])
            #expect(
                tables.map(\.role) == [.positionEmbedding, .inputEmbedding]
                    || tables.map(\.role) == [.inputEmbedding, .positionEmbedding]
            )
            let named = try Checkpoint(opening: model).findTables(overrides: ["encoder.layer.0.dense"])
            #expect(named.filter(\.isChosen).map(\.name) == ["encoder.layer.0.dense"])
            #expect(throws: TensorFileError.self) { try Checkpoint(opening: model).findTables(overrides: ["nothing"]) }
        }
    }

    @Test(arguments: [ContainerFormat.safetensors, .gguf, .npz])
    func everyExportHoldsTheSameTable(format: ContainerFormat) throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = try Self.makeModel(in: folder)
            let workspace = try Self.makeWorkspace(of: model, in: folder)
            let results = try Factorization(ratio: 4).run(on: workspace) { _, _ in }
            #expect(results[0].entry.byteRatio >= 4)
            let table = try results[0].entry.table(in: "").rows(0..<200)
            let export = try Export(workspace)
            let dense = folder.appending(path: "dense.\(format.rawValue)").path
            try export.writeFile(.dense, to: ContainerOutput(dense), type: nil) { _ in }
            #expect(
                try bytes(of: "embeddings.word_embeddings.weight", in: dense)
                    == table.elements.withUnsafeBytes { Array($0) }
            )
            // What is no table keeps its bits.
            for name in ["encoder.layer.0.dense.weight", "embeddings.position_ids"] {
                #expect(try bytes(of: name, in: dense) == bytes(of: name, in: model))
            }

            let factored = folder.appending(path: "factored.\(format.rawValue)").path
            try export.writeFile(.factored, to: ContainerOutput(factored), type: nil) { _ in }
            let description = try #require(try FactoredDescription(reading: Checkpoint(opening: factored).source))
            #expect(try description.entries[0].table(in: factored).rows(0..<200) == table)
            #expect(description.entries[0].byteCount == results[0].entry.byteCount)

            // Through every other container and back: the factors keep their bits.
            for other in [ContainerFormat.gguf, .npz, .safetensors] where other != format {
                let path = folder.appending(path: "other-\(other.rawValue).\(other.rawValue)").path
                let conversion = Conversion(of: try Checkpoint(opening: factored), to: nil)
                let target = try ContainerOutput(path, isReplacing: true)
                let outputs = try conversion.outputs(for: other)
                let sink = try target.makeSink(for: outputs.map(\.descriptor), metadata: conversion.metadata())
                try TensorTransfer().run(outputs, into: sink) { _ in }
                let again = try #require(try FactoredDescription(reading: Checkpoint(opening: path).source))
                #expect(try again.entries[0].table(in: path).rows(0..<200) == table)
            }
        }
    }

    @Test func directoriesStayDirectories() throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = try Self.makeModel(in: folder)
            let workspace = try Self.makeWorkspace(of: model, in: folder)
            _ = try Factorization(ratio: 4).run(on: workspace) { _, _ in }
            let output = folder.appending(path: "out").path
            try Export(workspace).writeDirectory(.factored, to: output, type: nil, shardSize: nil, isReplacing: false) {
                _ in
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
            #expect(names == ["config.json", "model.safetensors", "vocab.txt"])
            let config = try String(contentsOfFile: output + "/config.json", encoding: .utf8)
            #expect(config.contains("\"see\""))
            #expect(throws: TensorFileError.self) {
                try Export(workspace).writeDirectory(.dense, to: output, type: nil, shardSize: nil, isReplacing: false)
                { _ in }
            }
            try Export(workspace).writeDirectory(.dense, to: output, type: nil, shardSize: nil, isReplacing: true) {
                _ in
            }
            let original = try Checkpoint(opening: model).source.tensors
            #expect(try Checkpoint(opening: output).source.tensors == original)
        }
    }

    @Test func aChangedSourceIsNoticed() throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = try Self.makeModel(in: folder)
            let workspace = try Self.makeWorkspace(of: model, in: folder)
            try Data([0]).write(to: URL(filePath: model + "/model.safetensors"))
            #expect(throws: TensorFileError.self) { try workspace.openSource() }
        }
    }

    @Test func storiesEmbeddingEqualsItsOtherFile() throws {
        guard let gguf = TestFiles.reference("models/stories260K/stories260K.gguf"),
            let binary = TestFiles.reference("models/stories260K/stories260K.bin")
        else { return }
        let checkpoint = try Checkpoint(opening: gguf.path)
        let table = try #require(try checkpoint.findTables().first { $0.isChosen })
        #expect(table.tensor.shape == [512, 64])
        #expect(table.ties == ["output.weight"])
        // llama2.c: seven 32-bit integers, then the embedding.
        let expected = [UInt8](try Data(contentsOf: binary))[28..<28 + 512 * 64 * 4]
        #expect(try bytes(of: table.tensor.name, in: gguf.path).elementsEqual(expected))
    }

    @Test func nonFiniteRowsAreNamed() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "bad.safetensors").path
            let tensor = try TensorDescriptor(name: "embed_tokens.weight", type: .float32, shape: [64, 8])
            let writer = try SafetensorsWriter(path, tensors: [tensor])
            var values = [Float](repeating: 1, count: 512)
            values[8 * 5 + 3] = .nan
            try values.withUnsafeBytes { try writer.append($0) }
            try writer.finish()
            let workspace = try Self.makeWorkspace(of: path, in: folder)
            do {
                _ = try Factorization(ratio: 2).run(on: workspace) { _, _ in }
                Issue.record("a NaN was factorized")
            } catch let error as TensorFileError {
                #expect(error.place == "embed_tokens.weight, token 5")
            }
        }
    }
}
