import Entanglement
import LinearAlgebra
import TestSupport
import Testing

@Suite struct ReconstructionTests {
    /// The formula of the form, entry by entry in Double.
    private func entry(_ embedding: EntangledEmbedding, token: Int, _ x: Int) -> Double {
        var sum = Double(embedding.mean?[x] ?? 0)
        let sizes = embedding.shape.slotSizes
        for sense in embedding.codes.senses(of: token) {
            for copy in 0..<embedding.tables.copies {
                var product = Double(embedding.gains?.gain(ofSense: sense) ?? 1)
                var rest = x
                for slot in sizes.indices.reversed() {
                    let unit = embedding.codes.unit(ofSense: sense, slot: slot)
                    let first = (copy * embedding.tables.unitCounts[slot] + unit) * sizes[slot]
                    product *= Double(embedding.tables.table(ofSlot: slot)[first + rest % sizes[slot]])
                    rest /= sizes[slot]
                }
                sum += product
            }
        }
        return sum
    }

    @Test(arguments: FactorType.allCases, [true, false])
    func followsTheFormula(factorType: FactorType, variesRank: Bool) throws {
        let embedding = try TestEmbedding.random(variesRank: variesRank, factorType: factorType)
        let dense = embedding.dense
        for token in 0..<embedding.tokenCount {
            for x in 0..<embedding.dimension {
                #expect(abs(Double(dense[token, x]) - entry(embedding, token: token, x)) < 1e-4)
            }
        }
    }

    @Test func rowsNeedNoNeighboursAndNoThreads() throws {
        let embedding = try TestEmbedding.random(variesRank: true)
        KernelPaths.unchanged {
            let dense = embedding.dense
            for token in 0..<embedding.tokenCount {
                #expect(embedding.vector(ofToken: token) == Array(dense.row(token)))
            }
            #expect(Parallel.$workers.withValue(1) { embedding.dense } == dense)
            var pieces: [Float] = []
            embedding.forEachPiece(ofRows: 7) { _, piece in pieces += piece.elements }
            #expect(pieces == dense.elements)
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func everyOrder(order: Int) throws {
        var random = SplitMix64(seed: 3)
        let shape = try EntanglementShape(dimension: 23, order: order)
        let counts = Array(repeating: 3, count: order)
        let tables = try UnitTables(
            shape: shape,
            unitCounts: counts,
            values: shape.slotSizes.map { size in (0..<3 * size).map { _ in random.normal() } }
        )
        let codes = try SenseCodes.random(tokenCount: 9, rank: 2, unitCounts: counts, seed: 5)
        let embedding = try EntangledEmbedding(tables: tables, codes: codes)
        for token in 0..<9 {
            let vector = embedding.vector(ofToken: token)
            for x in 0..<23 { #expect(abs(Double(vector[x]) - entry(embedding, token: token, x)) < 1e-4) }
        }
    }

    @Test func findsTokensThatShareTheirCodes() throws {
        let codes = try SenseCodes(ranks: [1, 1, 2, 1], unitCounts: [4], units: [3, 1, 3, 3, 3])
        #expect(codes.collisions == [[0, 3]])
    }
}
