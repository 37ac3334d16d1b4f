import Foundation
import JSONText
import LinearAlgebra
import NumPy
import TestSupport
import Testing
import Transformer

@testable import Runtime

/// Models of `Tests/Golden/Encoders`, which `Tools/interop/encoder_parity.py` makes, against what transformers computes.
@Suite struct EncoderGoldenTests {
    static func folder(_ name: String) -> URL { TestFiles.root.appending(path: "Tests/Golden/Encoders/\(name)") }

    private func rows(_ name: String, in folder: URL) throws -> EncoderLogitsExport.Rows {
        try EncoderLogitsExport.Rows(at: folder.appending(path: "\(name).npy").path)
    }

    /// The greatest difference of `found` from `expected` at places whose mask is 1, relative to the spread.
    private func error(_ found: [Float], _ expected: [Float], mask: [Int]?) -> Float {
        guard found.count == expected.count, !found.isEmpty else { return .infinity }
        let width = found.count / (mask?.count ?? found.count)
        var (greatest, least, most): (Float, Float, Float) = (0, .infinity, -.infinity)
        for index in found.indices where mask.map({ $0[index / width] == 1 }) ?? true {
            let difference = abs(found[index] - expected[index])
            greatest = difference.isNaN ? .infinity : max(greatest, difference)
            least = min(least, expected[index])
            most = max(most, expected[index])
        }
        return greatest / (most - least)
    }

    private func check(_ output: URL, against folder: URL, masked: (String) -> Bool) throws {
        let found = try NumPyArchive(output.path)
        let expected = try NumPyArchive(folder.appending(path: "expected.npz").path)
        let mask = try rows("mask", in: folder)
        #expect(Set(found.tensors.map(\.name)) == Set(expected.tensors.map(\.name)))
        for tensor in expected.tensors {
            let difference = error(
                try GoldenModel.values(tensor.name, of: found),
                try GoldenModel.values(tensor.name, of: expected),
                mask: masked(tensor.name) ? mask.values : nil
            )
            #expect(difference < 2e-5, "\(tensor.name)")
        }
    }

    /// Under Hugging Face's names and under llama.cpp's.
    @Test(arguments: ["", "llama-names.gguf"]) func encoder(file: String) throws {
        let folder = Self.folder("bert-golden")
        let model = try SentenceEncoder(opening: file.isEmpty ? folder.path : folder.appending(path: file).path)
        #expect(model.pooling == (file.isEmpty ? .mean : .cls) && !model.normalises)
        let export = try EncoderLogitsExport(
            rows("ids", in: folder),
            mask: rows("mask", in: folder),
            types: rows("types", in: folder)
        )
        try TestFiles.withTemporaryFolder { target in
            let output = target.appending(path: "out.npz")
            try export.write(model, to: output.path, replacing: false)
            try check(output, against: folder) { _ in true }
        }
    }

    @Test func translator() throws {
        let folder = Self.folder("marian-golden")
        let model = try Translator(opening: folder.path)
        let ids = try rows("ids", in: folder)
        let mask = try rows("mask", in: folder)
        try TestFiles.withTemporaryFolder { target in
            let output = target.appending(path: "out.npz")
            try EncoderLogitsExport(ids, mask: mask)
                .write(model, target: rows("target", in: folder), to: output.path, replacing: false)
            try check(output, against: folder) { $0 == "encoder_last" }
        }
        let data = try Data(contentsOf: folder.appending(path: "translations.json"))
        let expected = try JSONValue(parsing: Array(data))
        let texts = (0..<ids.shape[0]).map { text in
            (0..<ids.shape[1]).map { text * ids.shape[1] + $0 }.filter { mask.values[$0] == 1 }.map { ids.values[$0] }
        }
        for beams in [1, 2, 5] {
            var options = model.options
            options.beams = beams
            let found = try model.model.translate(RaggedBatch(texts), options)
            let wanted = expected["\(beams)"]?.elements?.map { $0.elements?.compactMap(\.int) ?? [] }
            #expect(found == wanted, "beam \(beams)")
        }
    }

    @Test func inputsOfOtherShapesAreRefused() throws {
        let folder = Self.folder("marian-golden")
        let (ids, target) = (try rows("ids", in: folder), try rows("target", in: folder))
        #expect(throws: (any Error).self) { try EncoderLogitsExport(ids, mask: target) }
        #expect(throws: (any Error).self) { try EncoderLogitsExport(ids, mask: ids) }
        let other = try rows("ids", in: Self.folder("bert-golden"))
        let model = try Translator(opening: folder.path)
        #expect(throws: (any Error).self) {
            try EncoderLogitsExport(ids).write(model, target: other, to: "/nowhere/out.npz", replacing: false)
        }
    }

    @Test func modelsAreOpenedByTheirKind() throws {
        func kind(_ path: String) throws -> String {
            switch try RunnableModel(opening: path) {
            case .language: "language"
            case .encoder: "encoder"
            case .translator: "translator"
            }
        }
        #expect(try kind(Self.folder("bert-golden").path) == "encoder")
        #expect(try kind(Self.folder("marian-golden").path) == "translator")
        #expect(try kind(GoldenModel("llama-llama3").folder.path) == "language")
    }
}
