import Foundation
import LinearAlgebra
import TensorFile
import Testing
import Transformer

@testable import Verification

/// The figures of a comparison on a text, by their definitions.
@Suite struct TextComparisonTests {
    /// Scores as they are: the hidden vector itself, moved.
    private struct Echo: OutputHead {
        let tokenCount: Int
        var added: Float = 0
        var width: Int { tokenCount }
        var byteCount: Int { 0 }
        func write(logitsOf hidden: MatrixView<Float>, to logits: MutableMatrixView<Float>) {
            for row in 0..<hidden.rows {
                for column in 0..<tokenCount {
                    (logits.base + row * logits.rowStride)[column] =
                        (hidden.base + row * hidden.rowStride)[column] + added
                }
            }
        }
    }

    private func scored(_ x: [Float], _ y: [Float], target: Int) -> ScoredToken {
        ScoredToken(x, y, count: x.count, target: target)
    }

    private func probabilities(_ scores: [Float]) -> [Double] {
        let weights = scores.map { exp(Double($0)) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    @Test func divergenceFollowsItsDefinition() {
        var random = SplitMix64(seed: 9)
        for count in [1, 2, 7, 300] {
            for spread: Float in [0.01, 1, 9] {
                let x = (0..<count).map { _ in spread * random.normal() }
                let y = x.map { $0 + 0.3 * spread * random.normal() }
                let (p, q) = (probabilities(x), probabilities(y))
                let expected = zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
                let found = scored(x, y, target: count / 2)
                #expect(abs(found.divergence - expected) < 1e-12)
                #expect(abs(found.referenceLoss + log(p[count / 2])) < 1e-12)
                #expect(abs(found.candidateLoss + log(q[count / 2])) < 1e-12)
                let best = [p, q].map { list in list.indices.max { list[$0] < list[$1] } }
                #expect(found.agrees == (best[0] == best[1]))
                // Scores are defined but for a constant, however large.
                let moved = scored(
                    x.map { 65_536 * ($0 * 1024).rounded() },
                    x.map { 65_536 * ($0 * 1024).rounded() - 7e7 },
                    target: 0
                )
                #expect(moved.divergence.isFinite)
                let same = scored(x, x, target: 0)
                #expect(same.divergence == 0 && same.agrees && same.referenceLoss == same.candidateLoss)
            }
        }
    }

    @Test func tokensThatCannotComeDoNotCount() {
        let hidden = scored([1, -.infinity, 2], [1.5, -.infinity, 2], target: 2)
        let left = scored([1, 2], [1.5, 2], target: 1)
        #expect(hidden.divergence == left.divergence && hidden.candidateLoss == left.candidateLoss)
        // Of equals the first is likeliest.
        #expect(scored([1, 1], [2, 2], target: 0).agrees && !scored([1, 1], [1, 2], target: 0).agrees)
        #expect(!scored([1, .nan], [1, 1], target: 0).referenceLoss.isFinite)
        #expect(!scored([1, 1], [1, .infinity], target: 0).candidateLoss.isFinite)
        #expect(!scored([1, 1], [1, -.infinity], target: 0).divergence.isFinite)
    }

    private func compared(
        _ x: Matrix,
        _ y: Matrix,
        targets: [Int],
        forbidden: [Int] = []
    ) throws -> DistributionComparison {
        var distributions = DistributionComparison()
        let head = Echo(tokenCount: x.columns)
        try x.withView { x in
            try y.withView { y in
                try distributions.add(
                    .init(path: "r", hidden: x, head: head),
                    .init(path: "c", hidden: y, head: head),
                    targets: targets,
                    forbidden: forbidden
                ) { "token \($0)" }
            }
        }
        return distributions
    }

    @Test func sumsDoNotDependOnThreads() throws {
        var random = SplitMix64(seed: 3)
        // More rows than are scored at once.
        let rows = 150
        let x = Matrix(rows: rows, columns: 40, elements: (0..<rows * 40).map { _ in random.normal() })
        let y = Matrix(rows: rows, columns: 40, elements: x.elements.map { $0 + 0.1 * random.normal() })
        let targets = (0..<rows).map { $0 % 40 }
        let all = try compared(x, y, targets: targets)
        let one = try Parallel.$workers.withValue(1) { try compared(x, y, targets: targets) }
        #expect(all.divergences == one.divergences && all.candidatePerplexity == one.candidatePerplexity)
        let tokens = targets.indices.map { scored(Array(x.row($0)), Array(y.row($0)), target: targets[$0]) }
        #expect(all.divergences.values == tokens.map(\.divergence) && all.count == rows)
        let loss = tokens.reduce(0) { $0 + $1.referenceLoss } / Double(rows)
        #expect(abs(all.referencePerplexity - exp(loss)) < 1e-9)
        #expect(all.top1Agreement == Double(tokens.count(where: \.agrees)) / Double(rows))
    }

    @Test func wrongScoresAreNamed() throws {
        let good = Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6])
        let bad = Matrix(rows: 2, columns: 3, elements: [1, 2, 3, .nan, 5, 6])
        func error(_ x: Matrix, _ y: Matrix, _ targets: [Int], _ forbidden: [Int] = []) -> TensorFileError? {
            do {
                _ = try compared(x, y, targets: targets, forbidden: forbidden)
                return nil
            } catch {
                return error as? TensorFileError
            }
        }
        #expect(error(good, good, [0, 2]) == nil)
        #expect(error(good, bad, [0, 2])?.file == "c" && error(good, bad, [0, 2])?.place == "token 1")
        #expect(error(bad, good, [0, 2])?.file == "r")
        #expect(error(good, good, [0, 3])?.kind == .value)
        #expect(error(good, good, [0, 2], [2])?.place == "token 1")
        // What is forbidden may be anything.
        #expect(error(good, bad, [1, 2], [0]) == nil)
    }

    @Test func hiddenStatesFollowTheirDefinition() {
        let states = HiddenStateComparison(count: 2)
        for part in 0..<2 {
            let x = Matrix(rows: 1, columns: 2, elements: part == 0 ? [3, 4] : [0, 5])
            let y = Matrix(rows: 1, columns: 2, elements: part == 0 ? [3, 0] : [0, 5])
            x.withView { states.keep(0, $0) }
            y.withView { states.compare(0, $0) }
            x.withView { states.keep(1, $0) }
            x.withView { states.compare(1, $0) }
        }
        // Σ|x−y|² = 16, Σ|x|² = 50.
        #expect(abs(states.relativeErrors[0] - (16.0 / 50).squareRoot()) < 1e-12)
        #expect(states.relativeErrors[1] == 0)
        #expect(HiddenStateComparison.tokens(count: 33, width: 3072, limit: 256) == 82)
        #expect(HiddenStateComparison.tokens(count: 4, width: 24, limit: 256) == 256)
        #expect(HiddenStateComparison.tokens(count: 200, width: 1 << 20, limit: 256) == 16)
    }

    @Test func sentencesFollowTheirDefinition() {
        var sentences = SentenceComparison()
        sentences.add([3, 4], [3, 4], line: 2)
        sentences.add([3, 4], [-4, 3], line: 5)
        sentences.add([3, 4], [6, 8], line: 7)
        #expect(sentences.cosines.values[0] == 1 && abs(sentences.cosines.values[1]) < 1e-12)
        #expect(sentences.worstLine == 5 && abs(sentences.cosines.mean - 2.0 / 3) < 1e-9)
        #expect(SentenceComparison.cosine([0, 0], [0, 0]) == 1 && SentenceComparison.cosine([0, 0], [1, 0]) == 0)
    }

    @Test func percentilesAreFiguresOfTheSample() {
        let sample = Sample((1...200).reversed().map(Double.init))
        #expect(sample.percentiles([0, 1, 50, 99, 100]) == [1, 2, 100, 198, 200])
        #expect(Sample([5]).percentile(99) == 5 && Sample().percentile(99) == 0)
        #expect(sample.mean == 100.5 && sample.maximum == 200 && sample.minimum == 1)
    }

    @Test func smallAndHighFiguresAreNotRoundedAway() {
        #expect(shortFigure(0) == "0.0" && shortFigure(20) == "20.0" && shortFigure(0.123456) == "0.1235")
        #expect(shortFigure(0.000012344) == "1.234e-05" && shortFigure(0.99998765) == "0.999988")
        #expect(shortFigure(1) == "1.0" && shortFigure(-0.5) == "-0.5" && shortFigure(.nan) == "nan")
        #expect(Gate("k", value: 2e-5, .atMost, 1e-5).description == "k 2e-05 is not ≤ 1e-05")
    }

    @Test func axesMarkWholeLayersAndNarrowRanges() {
        let layers = Chart("t", x: "x", y: "y", [Chart.Series("", [(0, 0.001), (1, 0.002), (2, 0.0005)])])
        #expect(!layers.svg.contains(">0.5<") && layers.svg.contains(">0.0005<"))
        let narrow = (0..<20).map { (x: 1.1e-4 + 1e-6 * Double($0), y: Double($0)) }
        let chart = Chart("t", x: "x", y: "y", isLogarithmic: true, [Chart.Series("", narrow)])
        #expect(chart.svg.contains(">0.00011<") && chart.svg.contains(">0.000129<"))
    }
}
