import Entanglement
import Foundation
import Lexicons
import LinearAlgebra
import Safetensors
import TensorFile
import TestSupport
import Testing

@testable import Checkpoints

/// Codes from knowledge on a small model with a vocabulary of words.
struct KnowledgeCodesTests {
    /// A workspace over a model whose vocabulary is stems with endings, and a lexicon of half the stems.
    private static func withWorkspace<Result>(
        hasTokenizer: Bool = true,
        _ body: (Workspace, _ lexicon: String) throws -> Result
    ) throws -> Result {
        try TestFiles.withTemporaryFolder { folder in
            let consonants = Array("bcdfghjklmnpqrtvwxyz")
            let stems = (0..<40).map { number in
                "st\(consonants[number % 20])\(number < 20 ? "ora" : "umi")"
            }
            var words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
            for stem in stems { words += [stem, stem + "s", stem + "ing", stem + "ed"] }
            let model = try RoadTests.makeModel(in: folder, vocabulary: words.count + 12, width: 24)
            let vocabulary = URL(filePath: model).appending(path: "vocab.txt")
            if hasTokenizer {
                try Data(words.joined(separator: "\n").utf8).write(to: vocabulary)
            } else {
                try FileManager.default.removeItem(at: vocabulary)
            }
            let lexicon = folder.appending(path: "words.tsv")
            let lines = stems.prefix(20).enumerated().map { "\($1)\tn\tthing\($0 % 5) thing" }
            try Data(lines.joined(separator: "\n").utf8).write(to: lexicon)
            let checkpoint = try Checkpoint(opening: model)
            let workspace = try Workspace(
                importing: checkpoint,
                tables: checkpoint.findTables(),
                tokenizer: hasTokenizer ? "vocab.txt" : nil,
                to: folder.appending(path: "work").path,
                replacing: false
            ) { _ in }
            return try body(workspace, lexicon.path)
        }
    }

    @Test(arguments: [Factorization.Codes.lexicon, .morpheme, .hybrid, .shuffled])
    func knowledgeFitsTheBudget(_ codes: Factorization.Codes) throws {
        try Self.withWorkspace { workspace, lexicon in
            for ratio in [3.0] {
                let factorization = Factorization(ratio: ratio, codes: codes, lexicons: [lexicon], residual: .none)
                let results = try factorization.run(on: workspace) { _, _ in }
                let result = try #require(results.first)
                #expect(result.entry.byteRatio >= ratio)
                #expect(result.relativeError < 1 && result.weightedRelativeError < 1)
                #expect(result.notes.contains { $0.hasPrefix("coverage: ") })
                // What was written is what was fitted.
                let description = try #require(try FactoredDescription(reading: workspace.openFactors()))
                #expect(description.entries.first?.byteCount == result.entry.byteCount)
            }
        }
    }

    @Test func codesRepeat() throws {
        try Self.withWorkspace { workspace, lexicon in
            let factorization = Factorization(ratio: 3, codes: .lexicon, lexicons: [lexicon], residual: .none)
            let (first, again) = try KernelPaths.unchanged {
                (
                    try factorization.run(on: workspace) { _, _ in },
                    try Parallel.$workers.withValue(1) { try factorization.run(on: workspace) { _, _ in } }
                )
            }
            #expect(first.first?.entry.factors?.arrays.map(\.bytes) == again.first?.entry.factors?.arrays.map(\.bytes))
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        try Self.withWorkspace { workspace, lexicon in
            let error = #expect(throws: TensorFileError.self) {
                try Factorization(ratio: 500, codes: .lexicon, lexicons: [lexicon], residual: .none).run(on: workspace)
                { _, _ in }
            }
            #expect(error?.kind == .limit)
        }
    }

    @Test func textsAreNeeded() throws {
        try Self.withWorkspace(hasTokenizer: false) { workspace, lexicon in
            let error = #expect(throws: TensorFileError.self) {
                try Factorization(ratio: 2, codes: .lexicon, lexicons: [lexicon], residual: .none).run(on: workspace) {
                    _,
                    _ in
                }
            }
            #expect(error?.place == "tokenizer")
            // Learned codes do without; so do weights.
            let results = try Factorization(ratio: 2).run(on: workspace) { _, _ in }
            #expect(results.first?.frequencyOrigin.hasPrefix("uniform") == true)
        }
    }

    @Test func badLexiconsAreNamed() throws {
        try Self.withWorkspace { workspace, lexicon in
            try Data("one column\n".utf8).write(to: URL(filePath: lexicon))
            let error = #expect(throws: LexiconError.self) {
                try Factorization(ratio: 2, codes: .hybrid, lexicons: [lexicon], residual: .none).run(on: workspace) {
                    _,
                    _ in
                }
            }
            #expect(error?.file == lexicon && error?.place == "line 1")
        }
    }

    /// Tokens that knowledge tells apart share no row of codes: the table's rows past the vocabulary included.
    @Test func everyRowHasCodesOfItsOwn() throws {
        try Self.withWorkspace { workspace, lexicon in
            let table = try #require(workspace.manifest.tables.first { $0.isChosen })
            let rows = table.tensor.shape[0]
            let knowledge = try VocabularyKnowledge(workspace, lexicons: [lexicon], rowCount: rows)
            let codes = try KnowledgeCodes(
                knowledge,
                frequencies: workspace.frequencies(.tokenizer, rowCount: rows),
                share: .all(.senses),
                dimension: 24,
                budgetBytes: 100_000,
                order: nil,
                units: nil,
                rank: nil,
                dealsSenses: false,
                gainBits: nil,
                factorType: .float16,
                seed: 1
            )
            #expect(codes.codes.tokenCount == rows)
            #expect(codes.codes.collisions.isEmpty)
            #expect(codes.codes.fixedRank == nil)
        }
    }
}
