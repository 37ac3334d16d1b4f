import Checkpoints
import Foundation
import LinearAlgebra
import NumPy
import Safetensors
import TensorFile
import TestSupport
import Testing

/// Tables that are not as one would wish: NaN rows, zero rows, too few rows, too small a budget.
@Suite struct BadRowTests {
    /// A workspace of one table; `spoil` changes its values first.
    static func makeWorkspace(
        rows: Int = 120,
        columns: Int = 16,
        type: ElementType = .float32,
        in folder: URL,
        _ spoil: (inout [Float]) -> Void
    ) throws -> Workspace {
        var random = SplitMix64(seed: 7)
        var values = (0..<rows * columns).map { _ in random.normal() }
        spoil(&values)
        let tensor = try TensorDescriptor(name: "model.embed_tokens.weight", type: type, shape: [rows, columns])
        let path = folder.appending(path: "m.safetensors").path
        let writer = try SafetensorsWriter(path, tensors: [tensor])
        try ValueCodec.bytes(of: values, as: type).withUnsafeBytes { try writer.append($0) }
        try writer.finish()
        return try RoadTests.makeWorkspace(of: path, in: folder)
    }

    private static func spoil(_ values: inout [Float]) {
        values[3 * 16 + 5] = .nan
        values[77 * 16] = -.infinity
        for column in 0..<16 { values[119 * 16 + column] = .signalingNaN }
    }

    private func tableBytes(of path: String) throws -> [UInt8] {
        let source = try Checkpoint(opening: path).source
        var bytes: [UInt8] = []
        try source.stream(#require(source.tensor(named: "model.embed_tokens.weight")), chunkBytes: 1000) {
            bytes.append(contentsOf: $0)
        }
        return bytes
    }

    @Test func refusalNamesTheTokens() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.makeWorkspace(in: folder, Self.spoil)
            let error = #expect(throws: TensorFileError.self) {
                try Factorization(ratio: 3).run(on: workspace) { _, _ in }
            }
            #expect(error?.kind == .value)
            #expect(error?.place.contains("tokens 3, 77, 119") == true, "\(String(describing: error))")
            #expect(error?.remedy.contains("--bad-rows skip") == true)
        }
    }

    @Test func refusalNamesThePieces() throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = try RoadTests.makeModel(in: folder)
            let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the"]
            try Data(pieces.joined(separator: "\n").utf8).write(to: URL(filePath: model).appending(path: "vocab.txt"))
            let file = URL(filePath: model).appending(path: "model.safetensors")
            let source = try SafetensorsFile(file.path)
            let tensor = try #require(source.tensor(named: "embeddings.word_embeddings.weight"))
            let place = try #require(source.location(of: tensor)).offset
            var bytes = try Data(contentsOf: file)
            bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0xC0, 0x7F])
            try bytes.write(to: file)
            let checkpoint = try Checkpoint(opening: model)
            let workspace = try Workspace(
                importing: checkpoint,
                tables: checkpoint.findTables(),
                tokenizer: "vocab.txt",
                to: folder.appending(path: "work").path,
                replacing: false
            ) { _ in }
            let error = #expect(throws: TensorFileError.self) {
                try Factorization(ratio: 3, weights: .uniform).run(on: workspace) { _, _ in }
            }
            #expect(error?.place.contains("token 0 \"[PAD]\"") == true, "\(String(describing: error))")
        }
    }

    private static let forms = [
        Factorization(ratio: 3), Factorization(ratio: 3, residual: .none),
        Factorization(ratio: 2, order: 2, rank: 1, units: 8),
    ]

    @Test(arguments: [ElementType.float32, .bfloat16, .float16], forms.indices)
    func skippedRowsKeepTheirBits(type: ElementType, form: Int) throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.makeWorkspace(type: type, in: folder, Self.spoil)
            var factorization = Self.forms[form]
            factorization.badRows = .skip
            let result = try factorization.run(on: workspace) { _, _ in }[0]
            #expect(result.badRows == [3, 77, 119])
            #expect(result.relativeError.isFinite && result.relativeError < 1)
            #expect(result.entry.byteRatio >= factorization.ratio ?? 0, "kept rows count")
            #expect(result.notes.contains { $0.contains("3 rows with a NaN or infinity kept") })
            let table = try result.entry.table(in: "").table
            #expect(table.byteCount == result.entry.byteCount)
            #expect(table.vector(ofToken: 77)[0] == -.infinity && table.vector(ofToken: 3)[5].isNaN)
            #expect(table.vector(ofToken: 4).allSatisfy { $0.isFinite })

            // The bits go all the way through a factored file into a dense one.
            let dense = folder.appending(path: "dense.safetensors").path
            try Export(workspace).writeFile(.dense, to: ContainerOutput(dense), type: nil) { _ in }
            let (made, original) = (try tableBytes(of: dense), try tableBytes(of: workspace.sourcePath))
            let length = original.count / 120
            for row in [3, 77, 119] {
                #expect(made[row * length..<(row + 1) * length] == original[row * length..<(row + 1) * length])
            }
            for format in ["safetensors", "gguf", "npz"] {
                let file = folder.appending(path: "factored.\(format)").path
                try Export(workspace).writeFile(.factored, to: ContainerOutput(file), type: nil) { _ in }
                let again = try #require(try FactoredDescription(reading: Checkpoint(opening: file).source)).entries[0]
                #expect(again.exceptions == result.entry.exceptions)
                #expect(try again.table(in: file).rows(60..<77) == table.rows(60..<77))
            }
        }
    }

    @Test(arguments: forms.indices) func zeroedRowsAreZero(form: Int) throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.makeWorkspace(in: folder, Self.spoil)
            var factorization = Self.forms[form]
            factorization.badRows = .zero
            let result = try factorization.run(on: workspace) { _, _ in }[0]
            let table = try result.entry.table(in: "").table
            for row in [3, 77, 119] { #expect(table.vector(ofToken: row).allSatisfy { $0 == 0 }) }
            #expect(table.vector(ofToken: 4).contains { $0 != 0 })
            // Three numbers of four bytes are all that it costs.
            #expect(result.entry.exceptions?.byteCount == 12)
        }
    }

    @Test func damagedExceptionsAreRefused() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.makeWorkspace(in: folder, Self.spoil)
            var entry = try Factorization(ratio: 3, badRows: .skip).run(on: workspace) { _, _ in }[0].entry
            for tokens in [[3, 3, 119], [3, 77, 120], [77, 3, 119], [3]] {
                entry.exceptions = StoredExceptions(tokens: tokens, rows: entry.exceptions?.rows)
                try workspace.write(FactoredDescription(entries: [entry]))
                #expect(throws: TensorFileError.self, "\(tokens)") { _ = try Export(workspace) }
            }
        }
    }

    @Test func oddTablesAreFitted() throws {
        func reach(
            _ factorization: Factorization,
            rows: Int,
            columns: Int,
            _ spoil: (inout [Float]) -> Void = { _ in }
        ) throws -> Factorization.Result {
            try TestFiles.withTemporaryFolder { folder in
                let workspace = try Self.makeWorkspace(rows: rows, columns: columns, in: folder, spoil)
                return try factorization.run(on: workspace) { _, _ in }[0]
            }
        }
        for form in [Factorization(ratio: 2), Factorization(order: 2, rank: 2, units: 8, residual: .none)] {
            let someZero = try reach(form, rows: 90, columns: 12) { values in
                for i in 0..<360 { values[i] = 0 }
            }
            #expect(someZero.relativeError < 1)
            let repeated = try reach(form, rows: 90, columns: 12) { values in
                for i in values.indices { values[i] = values[i % 12] }
            }
            #expect(repeated.relativeError < 0.5)
            let constant = try reach(form, rows: 90, columns: 12) { values in
                for i in values.indices { values[i] = 0.25 }
            }
            #expect(constant.relativeError < 0.1)
            let zero = try reach(form, rows: 90, columns: 12) { values in
                for i in values.indices { values[i] = 0 }
            }
            #expect(zero.relativeError == 0)
            let prime = try reach(form, rows: 150, columns: 13)
            #expect(prime.relativeError < 1)
        }
        // Fewer tokens than units; a single column.
        let fewTokens = try reach(
            Factorization(order: 2, rank: 1, units: 64, residual: .none),
            rows: 5,
            columns: 12
        )
        #expect(fewTokens.relativeError < 0.9)
        let oneColumn = try reach(
            Factorization(order: 1, rank: 1, units: 16, residual: .none),
            rows: 90,
            columns: 1
        )
        #expect(oneColumn.relativeError < 0.3)
        let oneColumnCoded = try reach(Factorization(ratio: 2), rows: 400, columns: 1)
        #expect(oneColumnCoded.relativeError < 1)
    }

    @Test func budgetsBelowTheFormatSayTheLeast() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.makeWorkspace(in: folder) { _ in }
            for form in [Factorization(ratio: 5000), Factorization(ratio: 5000, residual: .none)] {
                let error = #expect(throws: TensorFileError.self) { try form.run(on: workspace) { _, _ in } }
                #expect(error?.cause.contains("the least") == true, "\(String(describing: error))")
                #expect(error?.remedy.contains("ratio of at most") == true)
            }
        }
    }

    @Test func chosenRatiosComeWithTheirReason() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.makeWorkspace(rows: 600, columns: 32, in: folder) { values in
                for i in values.indices { values[i] *= 1 / Float(1 + i % 32) }
            }
            let result = try Factorization(choosesRatio: true).run(on: workspace) { _, _ in }[0]
            let choice = try #require(result.ratioChoice)
            #expect((2...128).contains(choice.ratio))
            #expect(result.entry.byteRatio >= choice.ratio && result.entry.byteRatio < choice.ratio * 1.02)
            #expect(choice.knee.slopes.above > choice.knee.slopes.below)
            #expect(result.notes.contains { $0.contains("chosen: up to here each doubling") })
            let json = Factorization.json(of: [result]).text()
            for key in ["ratioChoice", "reason", "curve", "estimatedWeightedError"] { #expect(json.contains(key)) }
        }
    }
}
