import Foundation
import JSONText
import LinearAlgebra
import Safetensors
import TensorFile
import TestSupport
import Testing

@testable import Runtime
@testable import Transformer

/// Losses and gradients against PyTorch's in double precision, for models of `Tests/Golden/Training`, which
/// `Tools/generate/gradient_goldens.py` makes.
@Suite struct GradientTests {
    private struct Golden {
        let folder: URL
        let expected: SafetensorsFile
        let json: JSONValue

        init(_ name: String) throws {
            folder = TestFiles.root.appending(path: "Tests/Golden/Training/\(name)")
            expected = try SafetensorsFile(folder.appending(path: "expected.safetensors").path)
            json = try JSONValue(parsing: Array(Data(contentsOf: folder.appending(path: "losses.json"))))
        }

        func texts(_ name: String) -> [[Int]] {
            json["inputs"]?[name]?.elements?.map { $0.elements?.compactMap(\.int) ?? [] } ?? []
        }

        func number(_ group: String, _ name: String) -> Double { json[group]?[name]?.double ?? .nan }

        var weights: LossWeights {
            var weights = LossWeights()
            func weight(_ name: String) -> Float { Float(number("weights", name)) }
            (weights.embedding, weights.hidden, weights.soft) = (weight("embedding"), weight("hidden"), weight("soft"))
            (weights.temperature, weights.hard) = (weight("temperature"), weight("hard"))
            (weights.smoothing, weights.cosine) = (weight("smoothing"), weight("cosine"))
            weights.pooled = weight("pooled")
            return weights
        }

        /// Puts the teacher's table into `parameters`.
        func makeTeacher(_ parameters: ParameterSet, _ table: ParameterBlock) throws {
            let values = try GoldenModel.values("teacher.table", of: expected)
            try #require(values.count == table.count)
            let view = parameters.mutableView(table)
            for index in values.indices { view.base[index] = values[index] }
        }

        /// Every gradient within 1e-4 of its greatest number, and nothing left out.
        func check(_ parameters: ParameterSet, _ losses: LossValues) throws {
            let found = [
                "embedding": losses.embedding, "hidden": losses.hidden, "soft": losses.soft, "hard": losses.hard,
                "cosine": losses.cosine, "pooled": losses.pooled,
            ]
            for member in json["losses"]?.members ?? [] {
                let (value, wanted) = (found[member.key] ?? .nan, number("losses", member.key))
                #expect(abs(value - wanted) < 1e-5 * max(1, abs(wanted)), "loss \(member.key): \(value), \(wanted)")
            }
            let prefix = "gradient."
            let names = Set(expected.tensors.map(\.name).filter { $0.hasPrefix(prefix) })
            #expect(Set(parameters.parameters.filter { $0.role != .frozen }.map { prefix + $0.name }) == names)
            for parameter in parameters.parameters where parameter.role != .frozen {
                let wanted = try GoldenModel.values(prefix + parameter.name, of: expected)
                try #require(wanted.count == parameter.range.count, "\(parameter.name)")
                let greatest = wanted.reduce(0) { max($0, abs($1)) }
                let found = parameters.gradients[parameter.range]
                // A key's bias moves all scores of a query alike, and has no gradient but rounding.
                let floor: Float = 1e-3
                let error = zip(found, wanted).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) } / max(greatest, floor)
                #expect(error < 1e-4, "\(parameter.name): \(error) of \(greatest)")
            }
        }
    }

    @Test func translator() throws {
        let golden = try Golden("marian")
        // The files do not say how to search for translations, so that they are no whole translator.
        let opened = try OpenedModel(opening: golden.folder.path, tables: .dense)
        let family = try #require(TranslatorArchitecture.named("marian"))
        let loading = try TranslatorLoading(opened.weights, opened.configuration, family: family)
        let translator = try loading.model()
        func make() -> TrainableTranslator {
            TrainableTranslator(translator, family: family, tables: loading.tables)
        }
        let (model, teacher) = (make(), make())
        try golden.makeTeacher(teacher.parameters, teacher.targetTable)
        let batch = TranslationBatch(golden.texts("sources"), golden.texts("targets"), startToken: 52)
        let losses = try model.lossAndGradients(batch, teacher: teacher.outputs(batch), golden.weights)
        try golden.check(model.parameters, losses)
    }

    @Test func encoder() throws {
        let golden = try Golden("bert")
        let opened = try SentenceEncoder(opening: golden.folder.path)
        let makes = {
            TrainableEncoder(opened.encoder, names: opened.names, pooling: .mean, normalises: true)
        }
        let (model, teacher) = (makes(), makes())
        try golden.makeTeacher(teacher.parameters, teacher.table)
        let batch = RaggedBatch(golden.texts("texts"), types: golden.texts("types"))
        let losses = try model.lossAndGradients(batch, teacher: teacher.outputs(batch), golden.weights)
        try golden.check(model.parameters, losses)
    }

    @Test(arguments: ["llama", "phi3"]) func decoder(name: String) throws {
        let golden = try Golden(name)
        let opened = try LanguageModel(opening: golden.folder.path)
        let (model, teacher) = (opened.trainable(), opened.trainable())
        try golden.makeTeacher(teacher.parameters, teacher.table)
        let batch = RaggedBatch(golden.texts("texts"))
        let losses = try model.lossAndGradients(batch, teacher: teacher.outputs(batch), golden.weights)
        try golden.check(model.parameters, losses)
    }
}
