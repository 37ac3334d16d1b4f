import LinearAlgebra
import Testing

@testable import Runtime

/// Agreement of encoders: exact cases.
@Suite struct EncoderAgreementTests {
    private func vectors(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = SplitMix64(seed: seed)
        return Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() })
    }

    @Test func equalVectorsAgree() {
        let own = vectors(40, 12, seed: 1)
        // Lengths do not count.
        let scaled = Matrix(rows: 40, columns: 12, elements: own.elements.map { $0 * 3 })
        let agreement = EncoderAgreement(own, teacher: scaled)
        #expect(agreement.sentences == 40 && agreement.nearestAgreement == 1 && agreement.neighboursKept == 1)
        #expect(abs((agreement.meanCosine ?? 0) - 1) < 1e-6 && abs((agreement.leastCosine ?? 0) - 1) < 1e-6)
        #expect(abs((agreement.correlation ?? 0) - 1) < 1e-9)
    }

    @Test func aTurnedSpaceKeepsItsNeighbours() {
        let own = vectors(40, 12, seed: 2)
        let turned = Matrix(rows: 40, columns: 12, elements: own.elements.map { -$0 })
        let agreement = EncoderAgreement(own, teacher: turned)
        #expect(abs((agreement.meanCosine ?? 0) + 1) < 1e-6)
        #expect(abs((agreement.correlation ?? 0) - 1) < 1e-9 && agreement.nearestAgreement == 1)
    }

    @Test func strangersDoNotAgree() {
        let agreement = EncoderAgreement(vectors(200, 16, seed: 3), teacher: vectors(200, 16, seed: 4))
        #expect(abs(agreement.correlation ?? 1) < 0.1)
        #expect(agreement.neighboursKept < 0.15 && agreement.nearestAgreement < 0.1)
        #expect((agreement.lowCosine ?? 1) >= (agreement.leastCosine ?? 2))
    }

    @Test func widthsMayDiffer() {
        let agreement = EncoderAgreement(vectors(30, 8, seed: 5), teacher: vectors(30, 9, seed: 6))
        #expect(agreement.meanCosine == nil && agreement.correlation != nil)
        let constant = EncoderAgreement(Matrix(rows: 5, columns: 3, repeating: 1), teacher: vectors(5, 3, seed: 7))
        #expect(constant.correlation == nil)
    }
}
