import LinearAlgebra
import Testing

@testable import Entanglement

@Suite struct RivalTests {
    private static let names = TableMethods.all.map { type(of: $0).name }

    /// 300 rows of 24 numbers with a falling spectrum.
    private func table(seed: UInt64 = 5) -> Matrix {
        var random = SplitMix64(seed: seed)
        let left = Matrix(rows: 300, columns: 24, elements: (0..<7200).map { _ in random.normal() })
        let right = Matrix(
            rows: 24,
            columns: 24,
            elements: (0..<576).map { random.normal() / Float($0 / 24 + 1) }
        )
        return Matrix.product(left, right)
    }

    @Test(arguments: names)
    func keepsTheBudgetAndItsStoredForm(name: String) throws {
        let table = table()
        let method = try #require(TableMethods.named(name))
        var errors: [Double] = []
        for ratio in [4, 6] {
            let budget = table.elements.count * 4 / ratio
            let made = try method.fit(table, budgetBytes: budget, seed: 1)
            #expect(made.byteCount <= budget)
            #expect(made.byteCount == made.stored.arrays.reduce(0) { $0 + $1.bytes.count })
            let again = try TableMethods.table(stored: made.stored)
            #expect(again.dense == made.dense)
            #expect(again.vector(ofToken: 77) == Array(made.dense.row(77)))
            errors.append(made.relativeErrors(against: table).plain)
        }
        #expect(errors[0] < 1)
        #expect(errors[0] <= errors[1] + 0.01)
    }

    @Test(arguments: names)
    func saysTheLeastPossible(name: String) throws {
        let method = try #require(TableMethods.named(name))
        #expect {
            _ = try method.fit(self.table(), budgetBytes: 20, seed: 1)
        } throws: {
            ($0 as? EntanglementError)?.kind == .infeasible
        }
    }

    @Test(arguments: names)
    func distrustsWhatIsStored(name: String) throws {
        let method = try #require(TableMethods.named(name))
        let stored = try method.fit(table(), budgetBytes: 7200, seed: 1).stored
        for (i, array) in stored.arrays.enumerated() {
            var short = stored
            short.arrays[i] = .init(
                name: array.name,
                element: array.element,
                shape: array.shape,
                bytes: array.bytes.dropLast(3)
            )
            #expect(throws: EntanglementError.self) { try TableMethods.table(stored: short) }
        }
        for (i, attribute) in stored.attributes.enumerated() {
            for value in [StoredEmbedding.Attribute.integer(-1), .integer(.max), .text("?"), .integers([1 << 40, 3])] {
                var changed = stored
                changed.attributes[i] = (attribute.name, value)
                #expect(throws: EntanglementError.self) { try TableMethods.table(stored: changed) }
            }
        }
    }

    /// A table of rank 3 is found again by every method whose form holds it.
    @Test func findsLowRanks() throws {
        var random = SplitMix64(seed: 3)
        let left = Matrix(rows: 90, columns: 3, elements: (0..<270).map { _ in random.normal() })
        let right = Matrix(rows: 3, columns: 16, elements: (0..<48).map { _ in random.normal() })
        let table = Matrix.product(left, right)
        let bytes = FactorType.float32.byteCount(of: 3 * (90 + 16))
        let made = try TruncatedSVD().fit(table, budgetBytes: bytes, seed: 1)
        #expect(made.relativeErrors(against: table).plain < 1e-3)
    }

    /// With one part for each column and many centroids, quantisation is as fine as the values.
    @Test func quantizersImproveWithBits() throws {
        let table = table()
        let coarse = ProductQuantization().quantized(table, parts: 6, bits: 2, seed: 1)
        let fine = ProductQuantization().quantized(table, parts: 12, bits: 6, seed: 1)
        #expect(
            fine.relativeErrors(against: table).plain < 0.6 * coarse.relativeErrors(against: table).plain
        )
        let few = ResidualQuantization().quantized(table, stages: 2, bits: 4, seed: 1)
        let many = ResidualQuantization().quantized(table, stages: 8, bits: 4, seed: 1)
        #expect(many.relativeErrors(against: table).plain < few.relativeErrors(against: table).plain)
    }
}
