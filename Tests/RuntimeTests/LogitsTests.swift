import Checkpoints
import Foundation
import GGUF
import LinearAlgebra
import NumPy
import Runtime
import TensorFile
import TestSupport
import Testing
import Transformer

/// What models compute, against Hugging Face transformers in float32, from every kind of file.
@Suite struct LogitsTests {
    /// All scores of the golden tokens, row after row.
    private func logits(_ path: String, _ tokens: [Int]) throws -> [Float] {
        let model = try LanguageModel(opening: path)
        return try TestFiles.withTemporaryFolder { folder in
            let output = folder.appending(path: "out.npz").path
            try LogitsExport(model.decoder).write(tokens, shape: [tokens.count], to: output, replacing: false)
            return try GoldenModel.values("logits", of: NumPyArchive(output))
        }
    }

    @Test(arguments: GoldenModel.names) func directoriesAgreeWithTransformers(name: String) throws {
        let golden = try GoldenModel(name)
        #expect(try golden.error(of: logits(golden.folder.path, golden.tokens)) < 2e-5)
    }

    @Test(arguments: GoldenModel.names) func tokenByTokenIsTheSame(name: String) throws {
        let golden = try GoldenModel(name)
        let sequence = try DecoderSequence(LanguageModel(opening: golden.folder.path).decoder)
        // With two lists of frequencies the scores of a text depend on its whole length: the last place says it all.
        var last: [Float] = []
        for token in golden.tokens { last = try sequence.logits(appending: [token]) }
        let expected = golden.logits.suffix(last.count)
        #expect(zip(last, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    /// A model with two lists of frequencies that knows how long a text will be reads its parts as it reads the whole.
    @Test(arguments: GoldenModel.names) func partsOfAnExpectedTextAreReadAsTheWhole(name: String) throws {
        let golden = try GoldenModel(name)
        let sequence = try DecoderSequence(LanguageModel(opening: golden.folder.path).decoder)
        func error(expecting length: Int) throws -> Float {
            sequence.removeAll(expecting: length)
            return golden.error(of: try golden.tokens.flatMap { try sequence.logits(appending: [$0]) })
        }
        #expect(try error(expecting: golden.tokens.count) < 2e-5)
        // Without that, the first tokens of a long text take the first list.
        #expect(try (error(expecting: 0) < 2e-5) == (name != "phi3-longrope-beyond"))
    }

    private func convert(_ golden: GoldenModel, to path: String, as type: ElementType? = nil) throws {
        let conversion = Conversion(of: try Checkpoint(opening: golden.folder.path), to: type)
        let target = try ContainerOutput(path, isReplacing: true)
        let outputs = try conversion.outputs(for: target.format)
        let sink = try target.makeSink(for: outputs.map(\.descriptor), metadata: conversion.metadata())
        try TensorTransfer().run(outputs, into: sink) { _ in }
    }

    @Test func otherContainersOfTheSameWeightsAgree() throws {
        let golden = try GoldenModel("llama-grouped-tied")
        try TestFiles.withTemporaryFolder { folder in
            for format in [ContainerFormat.gguf, .safetensors] {
                try convert(golden, to: folder.appending(path: "model.\(format.rawValue)").path)
            }
            let path = folder.appending(path: "model.gguf").path
            #expect(try golden.error(of: logits(path, golden.tokens)) < 2e-5)
            // A safetensors file alone does not say what it is.
            #expect(throws: TensorFileError.self) {
                try LanguageModel(opening: folder.appending(path: "model.safetensors").path)
            }
        }
    }

    @Test(arguments: [ElementType.float16, .bfloat16, .float64]) func otherTypesStayClose(type: ElementType) throws {
        let golden = try GoldenModel("phi3-longrope-beyond")
        try TestFiles.withTemporaryFolder { folder in
            let target = folder.appending(path: "model")
            try golden.copy(to: target)
            try convert(golden, to: target.appending(path: "model.safetensors").path, as: type)
            let bound: Float = type == .float64 ? 2e-5 : type == .float16 ? 5e-3 : 5e-2
            #expect(try golden.error(of: logits(target.path, golden.tokens)) < bound)
        }
    }

    /// The golden model under llama.cpp's names and conventions.
    private func writeGGUF(_ golden: GoldenModel, to path: String, llama3: Bool) throws {
        var metadata = GGUFMetadata()
        metadata[.architecture] = .text("llama")
        let sizes: [(GGUFModelKey, UInt32)] =
            llama3
            ? [(.embeddingLength, 32), (.blockCount, 2), (.feedForwardLength, 48), (.headCount, 4), (.headCountKV, 4)]
            : [(.embeddingLength, 24), (.blockCount, 3), (.feedForwardLength, 40), (.headCount, 4), (.headCountKV, 2)]
        for (key, value) in sizes + [(.contextLength, 256)] { metadata[key.name(for: "llama")] = .uint32(value) }
        metadata[GGUFModelKey.rmsNormEpsilon.name(for: "llama")] = .float32(1e-5)
        if llama3 { metadata[GGUFModelKey.ropeFrequencyBase.name(for: "llama")] = .float32(500) }
        let headWidth = llama3 ? 8 : 6
        var tensors: [(tensor: TensorDescriptor, values: [Float])] = try golden.tensors().map { tensor, values in
            let name = Self.ggufName(tensor.name)
            let isTurned = name.contains("attn_q") || name.contains("attn_k")
            let columns = tensor.rowLength
            let stored = isTurned ? Self.permuted(values, columns: columns, headWidth: headWidth) : values
            return (try TensorDescriptor(name: name, type: .float32, shape: tensor.shape), stored)
        }
        if llama3 {
            // What llama.cpp's converter writes: by how much each frequency is divided.
            let divisors = Self.llama3Divisors(headWidth: headWidth)
            tensors.append((try TensorDescriptor(name: "rope_freqs.weight", type: .float32, shape: [4]), divisors))
        }
        let writer = try GGUFWriter(path, metadata: metadata, tensors: tensors.map(\.tensor))
        for tensor in writer.order {
            let values = tensors.first { $0.tensor.name == tensor.name }?.values ?? []
            try values.withUnsafeBytes { try writer.append($0) }
        }
        try writer.finish()
    }

    private static func ggufName(_ name: String) -> String {
        let pairs = [
            ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
            ("model.layers.", "blk."), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
            ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"), ("mlp.gate_proj", "ffn_gate"),
            ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"), ("input_layernorm", "attn_norm"),
            ("post_attention_layernorm", "ffn_norm"),
        ]
        return pairs.reduce(name) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    /// Rows of heads whose halves are woven into pairs of neighbours, as llama.cpp's converter does.
    private static func permuted(_ values: [Float], columns: Int, headWidth: Int) -> [Float] {
        let rows = values.count / columns
        return (0..<rows).flatMap { row -> ArraySlice<Float> in
            let (head, place) = (row / headWidth, row % headWidth)
            let source = head * headWidth + place / 2 + (place % 2) * headWidth / 2
            return values[source * columns..<(source + 1) * columns]
        }
    }

    private static func llama3Divisors(headWidth: Int) -> [Float] {
        (0..<headWidth / 2).map { pair in
            let wavelength = 2 * Double.pi * pow(500, 2 * Double(pair) / Double(headWidth))
            if wavelength < 32 / 4 { return 1 }
            if wavelength > 32 { return 8 }
            let smooth = (32 / wavelength - 1) / (4 - 1)
            return Float(1 / ((1 - smooth) / 8 + smooth))
        }
    }

    @Test(arguments: [false, true]) func ggufAgrees(llama3: Bool) throws {
        let golden = try GoldenModel(llama3 ? "llama-llama3" : "llama-grouped-tied")
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "m.gguf").path
            try writeGGUF(golden, to: path, llama3: llama3)
            #expect(try golden.error(of: logits(path, golden.tokens)) < 2e-5)
        }
    }

    @Test func filesOfLlama2CAgree() throws {
        let golden = try GoldenModel("llama-grouped-tied")
        try TestFiles.withTemporaryFolder { folder in
            let (gguf, bin) = (folder.appending(path: "m.gguf").path, folder.appending(path: "m.bin").path)
            try writeGGUF(golden, to: gguf, llama3: false)
            let source = try GGUFModel(gguf)
            var data = Data()
            for number in [24, 40, 3, 4, 2, 97, 256] as [Int32] {
                withUnsafeBytes(of: number) { data.append(contentsOf: $0) }
            }
            func add(_ name: String) throws {
                try GoldenModel.values(name + ".weight", of: source).withUnsafeBytes { data.append(contentsOf: $0) }
            }
            try add("token_embd")
            for part in [
                "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_down", "ffn_up",
            ] {
                for layer in 0..<3 { try add("blk.\(layer).\(part)") }
            }
            try add("output_norm")
            data.append(Data(count: 256 * 6 * 4))
            try data.write(to: URL(filePath: bin))
            #expect(try golden.error(of: logits(bin, golden.tokens)) < 2e-5)
            try data.dropLast().write(to: URL(filePath: bin))
            #expect(throws: TensorFileError.self) { try LanguageModel(opening: bin) }
            try (data + Data(count: 3)).write(to: URL(filePath: bin))
            #expect(throws: TensorFileError.self) { try LanguageModel(opening: bin) }
        }
    }

    @Test func factoredModelsRunAsTheirDenseExports() throws {
        let golden = try GoldenModel("llama-llama3")
        try TestFiles.withTemporaryFolder { folder in
            let checkpoint = try Checkpoint(opening: golden.folder.path)
            let workspace = try Workspace(
                importing: checkpoint,
                tables: checkpoint.findTables(),
                tokenizer: nil,
                to: folder.appending(path: "work").path,
                replacing: false
            ) { _ in }
            _ = try Factorization(ratio: 3).run(on: workspace) { _, _ in }
            let export = try Export(workspace)
            var results: [[Float]] = [try logits(workspace.path, golden.tokens)]
            for form in [Export.Form.dense, .factored] {
                let target = folder.appending(path: form.rawValue).path
                try export.writeDirectory(form, to: target, type: nil, shardSize: nil, isReplacing: false) { _ in }
                results.append(try logits(target, golden.tokens))
                let file = try ContainerOutput(folder.appending(path: "\(form.rawValue).gguf").path)
                try export.writeFile(form, to: file, type: nil) { _ in }
                results.append(try logits(file.path, golden.tokens))
            }
            #expect(results.allSatisfy { $0 == results[0] })
            // It is another model than before, but not by much.
            let error = golden.error(of: results[0])
            #expect(error > 1e-4 && error < 0.5)
        }
    }
}
