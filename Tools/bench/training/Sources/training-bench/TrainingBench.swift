import Foundation
import LinearAlgebra
import Transformer

/// training-bench translator|encoder all|table THREADS STEPS TEXTS VOCABULARY WIDTH INNER LAYERS HEADS
///
/// One line a step: seconds on the clock and of processors. TEXTS holds a batch: a line of tokens a text, a translator's
/// sources first and then its targets.
@main
struct TrainingBench {
    static func main() throws {
        let words = CommandLine.arguments
        let numbers = words.dropFirst(6).compactMap(Int.init)
        guard words.count == 11, numbers.count == 5, let threads = Int(words[3]), let steps = Int(words[4]) else {
            print("training-bench translator|encoder all|table THREADS STEPS TEXTS VOCABULARY WIDTH INNER LAYERS HEADS")
            exit(2)
        }
        let texts = try String(contentsOfFile: words[5], encoding: .utf8).split(separator: "\n").map { line in
            line.split(separator: " ").compactMap { Int($0) }
        }
        let models = RandomModels(
            sizes: .init(
                vocabulary: numbers[0],
                width: numbers[1],
                inner: numbers[2],
                layers: numbers[3],
                heads: numbers[4]
            )
        )
        try Parallel.$workers.withValue(threads) {
            let step = words[1] == "encoder" ? encoderStep(models, texts) : translatorStep(models, texts)
            try step.prepare(words[2] == "table")
            for _ in 0..<steps {
                let (start, processors) = (ContinuousClock.now, clock())
                try step.run()
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                print(seconds, Double(clock() - processors) / Double(CLOCKS_PER_SEC))
            }
        }
    }

    private struct Step {
        let prepare: (_ tableOnly: Bool) throws -> Void
        let run: () throws -> Void
    }

    /// Cross-entropy and KL against a teacher, with dropout.
    private static func translatorStep(_ models: RandomModels, _ texts: [[Int]]) -> Step {
        let model = models.translator()
        let tables = TranslatorTables(source: "shared", target: "shared", head: "shared")
        func make() -> TrainableTranslator { TrainableTranslator(model, family: .marian, tables: tables) }
        let (student, teacher) = (make(), make())
        let half = texts.count / 2
        let batch = TranslationBatch(
            Array(texts[..<half]),
            Array(texts[half...]),
            startToken: models.sizes.vocabulary - 1
        )
        var weights = LossWeights()
        (weights.hard, weights.smoothing, weights.soft, weights.temperature) = (0.5, 0.1, 0.5, 2)
        let losses = weights
        return Step { tableOnly in
            if tableOnly { student.parameters.assignRoles { $0.name == "shared.weight" ? .derived : .frozen } }
        } run: {
            student.parameters.clearGradients()
            let outputs = try teacher.outputs(batch)
            let dropout = Dropout(hidden: 0.1, attention: 0.1, activation: 0.1, seed: 1)
            _ = try student.lossAndGradients(batch, teacher: outputs, losses, dropout: dropout)
        }
    }

    /// 1 − cos against a teacher, with dropout.
    private static func encoderStep(_ models: RandomModels, _ texts: [[Int]]) -> Step {
        let model = models.encoder()
        func make() -> TrainableEncoder { TrainableEncoder(model, names: EncoderArchitecture.bert.huggingFace) }
        let (student, teacher) = (make(), make())
        let batch = RaggedBatch(texts)
        var weights = LossWeights()
        weights.cosine = 1
        let losses = weights
        return Step { tableOnly in
            guard tableOnly else { return }
            student.parameters.assignRoles { $0.name.contains("word_embeddings") ? .derived : .frozen }
        } run: {
            student.parameters.clearGradients()
            let outputs = try teacher.outputs(batch)
            _ = try student.lossAndGradients(
                batch,
                teacher: outputs,
                losses,
                dropout: Dropout(hidden: 0.1, attention: 0.1, seed: 1)
            )
        }
    }
}
