import Checkpoints
import Entanglement
import Foundation
import LinearAlgebra
import Runtime
import TensorFile
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// Small models of every kind from factors to a trained workspace.
@Suite struct DistillationRunTests {
    enum Kind: String, CaseIterable {
        case decoder = "Runtime/llama-grouped-tied"
        case encoder = "Encoders/bert-golden"
        case translator = "Encoders/marian-golden"
    }

    enum Form: CaseIterable {
        case factors, lowRank, residual, both, rival

        /// Whether its own numbers train.
        var isTrainable: Bool { self == .factors || self == .lowRank }

        var factorization: Factorization {
            switch self {
            case .factors: Factorization(order: 2, rank: 2, units: 8, weights: .uniform, residual: .none)
            case .residual: Factorization(ratio: 10, weights: .uniform)
            case .both: Factorization(ratio: 8, order: 2, rank: 1, units: 8, weights: .uniform)
            case .lowRank: Factorization(method: TableMethods.named("svd"), ratio: 4, weights: .uniform)
            case .rival: Factorization(method: TableMethods.named("word2ketxs"), ratio: 4, weights: .uniform)
            }
        }
    }

    /// A workspace of a stored golden model, factorized.
    private static func workspace(_ kind: Kind, _ form: Form, in folder: URL, named name: String = "w") throws
        -> Workspace
    {
        let source = TestFiles.root.appending(path: "Tests/Golden/\(kind.rawValue)")
        let model = folder.appending(path: "m")
        if !FileManager.default.fileExists(atPath: model.path) {
            try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
            for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
            where file.hasSuffix(".json") || file.hasSuffix(".safetensors") {
                try FileManager.default.copyItem(at: source.appending(path: file), to: model.appending(path: file))
            }
        }
        let checkpoint = try Checkpoint(opening: model.path)
        let workspace = try Workspace(
            importing: checkpoint,
            tables: checkpoint.findTables(),
            tokenizer: nil,
            to: folder.appending(path: name).path,
            replacing: true,
            progress: { _ in }
        )
        _ = try form.factorization.run(on: workspace) { _, _ in }
        return workspace
    }

    /// Texts of random tokens, the same each time.
    private static func data(_ kind: Kind) throws -> TrainingData {
        let (vocabulary, longest) = kind == .decoder ? (97, 20) : (kind == .encoder ? 61 : 50, 10)
        var random = SplitMix64(seed: 3)
        func text() -> [Int] { (0..<random.below(longest - 2) + 3).map { _ in random.below(vocabulary - 3) + 3 } }
        let texts = (0..<60).map { _ in TrainingText(text(), target: kind == .translator ? text() : []) }
        return try TrainingData(texts, heldOut: 0.2, seed: 1, name: "random tokens")
    }

    private static var options: DistillationOptions {
        var options = DistillationOptions()
        (options.steps, options.alignmentSteps, options.batchTokens) = (16, 4, 200)
        (options.rate, options.dropout, options.savingSteps) = (2e-3, 0.1, 3)
        return options
    }

    private static func train(
        _ workspace: Workspace,
        _ kind: Kind,
        _ options: DistillationOptions,
        resumes: Bool = false,
        progress: @escaping (TrainingProgress) -> Void = { _ in }
    ) throws -> DistillationResult {
        try DistillationRun(
            workspace,
            teacher: RunnableModel(opening: workspace.sourcePath, tables: .dense),
            data: data(kind),
            options: options,
            weights: .uniform,
            resumes: resumes
        ).run(progress: progress)
    }

    @Test(arguments: Kind.allCases, Form.allCases) func theLossFallsAndBytesStay(kind: Kind, form: Form) throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.workspace(kind, form, in: folder)
            let before = try #require(try FactoredDescription(reading: workspace.openFactors()))
            var options = Self.options
            // Little is lost in such small tables, and the others have no such little left to gain at a high rate.
            options.dropout = 0
            if !form.isTrainable { (options.rate, options.stage) = (1e-4, .distil) }
            let result = try Self.train(workspace, kind, options)
            #expect(result.isKept && result.validation.after < result.validation.before, "\(result.validation)")
            #expect(result.steps == (form.isTrainable ? 24 : 16))
            let after = try #require(try FactoredDescription(reading: workspace.openFactors()))
            for (old, new) in zip(before.entries, after.entries) { #expect(new.byteCount <= old.byteCount) }
            #expect(!DistillationRun.isInterrupted(workspace))

            // What is exported is what was trained: the runtime finds the same losses in either form.
            let dense = folder.appending(path: "dense").path
            let factored = folder.appending(path: "factored").path
            let export = try Export(workspace)
            for (form, path) in [(Export.Form.dense, dense), (.factored, factored)] {
                try export.writeDirectory(
                    form,
                    to: path,
                    type: nil,
                    shardSize: nil,
                    isReplacing: false,
                    progress: { _ in }
                )
            }
            let losses = try [workspace.path, dense, factored].map { path in
                try Self.loss(of: RunnableModel(opening: path, tables: .dense), kind, workspace)
            }
            #expect(losses[0] == losses[1] && losses[0] == losses[2])
            #expect(abs(losses[0] - result.validation.after) <= 1e-6 * max(1, losses[0]))
        }
    }

    /// A dense table goes back to its form, and what it is measured to lose is what it loses.
    @Test(arguments: [Form.residual, .both, .rival]) func denseTablesAreCodedAgain(form: Form) throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.workspace(.decoder, form, in: folder)
            let entry = try #require(try FactoredDescription(reading: workspace.openFactors())).entries[0]
            let weights = [Float](repeating: 1, count: 97)
            let recoding = try TableRecoding(entry, in: workspace.factorsPath, weights: weights, seed: 1)
            let model = try RunnableModel(opening: workspace.path, tables: .dense).distillable()
            let teacher = try RunnableModel(opening: workspace.sourcePath, tables: .dense).distillable()
            let block = model.tables[0]
            let stored = model.parameters.copy(of: block)
            let original = teacher.parameters.view(block)
            let table = StudentTable(recoding, in: model.parameters, at: block, teacher: original)
            // What the model sees first is what is stored, though the teacher's table is what trains.
            table.rebuild()
            #expect(zip(model.parameters.copy(of: block), stored).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(table.parameters.copy(of: block.count) == teacher.parameters.copy(of: block))
            try table.refresh { _ in }
            table.rebuild()
            let seen = model.parameters.copy(of: block)
            let (new, error) = try table.settle { _ in }
            #expect(new.byteCount <= entry.byteCount && error > 0 && error < 1)
            // The error that the model met is the one that storing makes.
            #expect(zip(model.parameters.copy(of: block), seen).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(model.parameters.copy(of: block) == (try recoding.dense(new)).elements)
        }
    }

    /// The held-out loss of `model` against the source of `workspace`.
    private static func loss(of model: RunnableModel, _ kind: Kind, _ workspace: Workspace) throws -> Double {
        let data = try data(kind)
        let texts = data.validation.map { data.texts[$0] }
        let (student, teacher) = (
            model.distillable(), try RunnableModel(opening: workspace.sourcePath, tables: .dense).distillable()
        )
        let weights = LossWeights.distillation(hasScores: kind != .encoder)
        return try student.losses(of: [texts], against: teacher, weights, differentiates: false).total(weights)
    }

    @Test(arguments: [
        ("factors", Form.factors), ("factors+norms", .factors), ("factors", .lowRank), ("factors", .residual),
        ("all", .residual), ("all", .rival),
    ]) func tablesTrainInEveryWay(trained: String, form: Form) throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.workspace(.decoder, form, in: folder)
            var options = Self.options
            (options.trained, options.tableRate, options.recodingSteps) = (.init(rawValue: trained), 1, 4)
            options.dropout = 0
            let result = try Self.train(workspace, .decoder, options)
            // Dense tables that are coded again hold little that so short a training could mend.
            let error = result.tables[0].codingError
            #expect((error != nil) == result.isKept && error ?? 0 < 1)
            #expect(result.tables[0].entry.byteRatio > 1)
            if form.isTrainable { #expect(result.isKept) }
            let hasOthers = trained != "factors" && result.isKept
            let names = try workspace.openFactors().tensors.map(\.name)
            #expect(names.allSatisfy { $0.contains(".see.") } != hasOthers)
        }
    }

    /// Batches that pass in parts train like whole ones, in less memory; what cannot be kept to is refused.
    @Test(arguments: Kind.allCases) func activationsKeepToTheirMemory(kind: Kind) throws {
        try TestFiles.withTemporaryFolder { folder in
            let data = try Self.data(kind)
            var options = Self.options
            options.dropout = 0
            let whole = try Self.train(Self.workspace(kind, .factors, in: folder), kind, options)
            let workspace = try Self.workspace(kind, .factors, in: folder, named: "parts")
            let teacher = try RunnableModel(opening: workspace.sourcePath, tables: .dense)
            func size(_ bytes: Int, _ student: any DistillationModel, _ teacher: any DistillationModel) throws
                -> PassSize
            {
                try PassSize(
                    bytes,
                    texts: data.texts,
                    student: student,
                    teacher: teacher,
                    weights: [.alignment, options.weights(for: student)]
                )
            }
            let longest = data.texts.map(\.length).max() ?? 0
            let taken = try #require(throws: TensorFileError.self) {
                try size(1, teacher.distillable(), teacher.distillable())
            }
            #expect(taken.kind == .limit && taken.cause.contains("\(longest) tokens"))
            var bytes = 1 << 14
            while (try? size(bytes, teacher.distillable(), teacher.distillable())) == nil { bytes *= 2 }

            options.memory = bytes
            let passes = try size(bytes, teacher.distillable(), teacher.distillable())
            let batchTokens = try #require(options.batchTokens)
            #expect(passes.tokens < batchTokens)
            let (student, original) = (teacher.distillable(), teacher.distillable())
            for batch in data.batches(epoch: 0, tokens: batchTokens) {
                _ = try student.losses(
                    of: passes.passes(batch.map { data.texts[$0] }),
                    against: original,
                    options.weights(for: student),
                    differentiates: true
                )
            }
            #expect(student.activationByteCount + original.activationByteCount <= bytes)
            let parts = try Self.train(workspace, kind, options)
            #expect(abs(parts.validation.after - whole.validation.after) < 0.02 * whole.validation.after)
        }
    }

    @Test(arguments: [Form.factors, .residual]) func aTrainingIsAFunctionOfItsSeed(form: Form) throws {
        try TestFiles.withTemporaryFolder { folder in
            var options = Self.options
            (options.tableRate, options.accumulation) = (0.5, 2)
            func factors(_ name: String, threads: Int) throws -> Data {
                let workspace = try Self.workspace(.decoder, form, in: folder, named: name)
                _ = try Parallel.$workers.withValue(threads) { try Self.train(workspace, .decoder, options) }
                let metrics = folder.appending(path: "\(name)/training.jsonl")
                return try Data(contentsOf: URL(filePath: workspace.factorsPath)) + Data(contentsOf: metrics)
            }
            let first = try factors("a", threads: 1)
            #expect(try factors("b", threads: 3) == first)
            options.seed = 9
            #expect(try factors("c", threads: 1) != first)
        }
    }

    /// Copies of the workspace at various moments go on to the same bits.
    @Test(arguments: [Form.factors, .both]) func interruptedTrainingsGoOn(form: Form) throws {
        try TestFiles.withTemporaryFolder { folder in
            var options = Self.options
            (options.tableRate, options.recodingSteps) = (0.5, 5)
            let workspace = try Self.workspace(.encoder, form, in: folder)
            let moments = [4, 8, 14, 19, 23]
            _ = try Self.train(workspace, .encoder, options) { progress in
                guard moments.contains(progress.done) else { return }
                let copy = folder.appending(path: "w\(progress.done)").path
                if !FileManager.default.fileExists(atPath: copy) {
                    try? FileManager.default.copyItem(atPath: workspace.path, toPath: copy)
                }
            }
            let whole = try Data(contentsOf: URL(filePath: workspace.factorsPath))
            let lines = try Data(contentsOf: folder.appending(path: "w/training.jsonl"))
            for moment in moments {
                let copy = try Workspace(opening: folder.appending(path: "w\(moment)").path)
                #expect(DistillationRun.isInterrupted(copy))
                _ = try Self.train(copy, .encoder, options, resumes: true)
                #expect(try Data(contentsOf: URL(filePath: copy.factorsPath)) == whole, "step \(moment)")
                #expect(try Data(contentsOf: folder.appending(path: "w\(moment)/training.jsonl")) == lines)
            }
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.workspace(.decoder, .factors, in: folder)
            func refusal(_ options: DistillationOptions, resumes: Bool) -> TensorFileError.Kind? {
                do {
                    _ = try Self.train(workspace, .decoder, options, resumes: resumes)
                    return nil
                } catch {
                    return (error as? TensorFileError)?.kind
                }
            }
            #expect(refusal(Self.options, resumes: true) == .missing)
            let state = folder.appending(path: "w/training.safetensors")
            _ = try Self.train(workspace, .decoder, Self.options) { progress in
                if progress.done == 5 {
                    try? FileManager.default.copyItem(at: state, to: folder.appending(path: "kept"))
                }
            }
            try FileManager.default.moveItem(at: folder.appending(path: "kept"), to: state)
            #expect(refusal(Self.options, resumes: false) == .exists)
            // The training is over: its factors are others than those that it began with.
            #expect(refusal(Self.options, resumes: true) == .mismatch)
            try FileManager.default.removeItem(atPath: workspace.factorsPath)
            try FileManager.default.removeItem(at: state)
            #expect(refusal(Self.options, resumes: false) == .missing)
        }
    }

    @Test func whatTrainingMakesNoBetterStays() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.workspace(.encoder, .residual, in: folder)
            let before = try Data(contentsOf: URL(filePath: workspace.factorsPath))
            var options = Self.options
            // Alignment at such a rate does harm, and a step of the second stage cannot mend it.
            (options.rate, options.steps, options.alignmentSteps, options.dropout) = (0.05, 1, 30, 0.5)
            let result = try Self.train(workspace, .encoder, options)
            #expect(result.isKept == (result.validation.after < result.validation.before))
            let after = try Data(contentsOf: URL(filePath: workspace.factorsPath))
            #expect((after == before) == !result.isKept)
            #expect(!DistillationRun.isInterrupted(workspace))
        }
    }

    /// A GGUF file says in its metadata what the model is, and its tensors have other names.
    @Test func modelsInGGUFTrainToo() throws {
        try TestFiles.withTemporaryFolder { folder in
            let model = folder.appending(path: "m.gguf")
            try FileManager.default.copyItem(
                at: TestFiles.root.appending(path: "Tests/Golden/Encoders/bert-golden/llama-names.gguf"),
                to: model
            )
            let checkpoint = try Checkpoint(opening: model.path)
            let workspace = try Workspace(
                importing: checkpoint,
                tables: checkpoint.findTables(),
                tokenizer: nil,
                to: folder.appending(path: "w").path,
                replacing: false,
                progress: { _ in }
            )
            _ = try Form.factors.factorization.run(on: workspace) { _, _ in }
            let result = try Self.train(workspace, .encoder, Self.options)
            #expect(result.isKept)
            let dense = folder.appending(path: "dense.gguf").path
            try Export(workspace).writeFile(.dense, to: ContainerOutput(dense), type: nil) { _ in }
            let losses = try [workspace.path, dense].map {
                try Self.loss(of: RunnableModel(opening: $0, tables: .dense), .encoder, workspace)
            }
            #expect(losses[0] == losses[1])
            #expect(abs(losses[0] - result.validation.after) <= 1e-6)
        }
    }

    @Test func factorizingBeginsAnew() throws {
        try TestFiles.withTemporaryFolder { folder in
            let workspace = try Self.workspace(.decoder, .factors, in: folder)
            let before = try Data(contentsOf: URL(filePath: workspace.factorsPath))
            _ = try Self.train(workspace, .decoder, Self.options)
            #expect(try Data(contentsOf: URL(filePath: workspace.factorsPath)) != before)
            _ = try Form.factors.factorization.run(on: workspace) { _, _ in }
            #expect(try Data(contentsOf: URL(filePath: workspace.factorsPath)) == before)
        }
    }
}

extension ParameterSet {
    fileprivate func copy(of block: ParameterBlock) -> [Float] {
        Array(UnsafeBufferPointer(start: view(block).base, count: block.count))
    }

    /// The first `count` numbers.
    fileprivate func copy(of count: Int) -> [Float] { Array(values.prefix(count)) }
}
