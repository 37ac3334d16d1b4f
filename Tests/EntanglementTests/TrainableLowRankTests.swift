import LinearAlgebra
import Testing

@testable import Entanglement

@Suite struct TrainableLowRankTests {
    private static let (tokens, dimension, rank) = (90, 24, 5)

    private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = SplitMix64(seed: seed)
        return Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() })
    }

    private static func form(_ type: FactorType) -> TrainableLowRank {
        TrainableLowRank(
            LowRankTable(
                left: matrix(tokens, rank, seed: 1),
                right: matrix(rank, dimension, seed: 2),
                factorType: type
            )
        )
    }

    private static func numbers(_ form: TrainableLowRank) -> Matrix {
        var numbers = Matrix(rows: 1, columns: form.count)
        numbers.withMutableView { form.fill($0.base) }
        return numbers
    }

    private static func dense(_ form: TrainableLowRank, _ numbers: Matrix, tokens: [Int]? = nil) -> Matrix {
        var dense = Matrix(rows: form.tokenCount, columns: form.dimension)
        numbers.withView { numbers in dense.withMutableView { form.write(numbers, tokens: tokens, to: $0) } }
        return dense
    }

    @Test(arguments: [FactorType.float32, .float16, .q8_0]) func rowsAreThoseOfTheTable(type: FactorType) throws {
        let form = Self.form(type)
        let numbers = Self.numbers(form)
        let rows = Self.dense(form, numbers)
        let stored = form.table.dense
        #expect(zip(rows.elements, stored.elements).allSatisfy { abs($0 - $1) < 1e-5 })
        let some = Self.dense(form, numbers, tokens: [3, 88])
        for token in 0..<Self.tokens {
            let isWritten = [3, 88].contains(token)
            #expect(zip(some.row(token), rows.row(token)).allSatisfy { isWritten ? abs($0 - $1) < 1e-5 : $0 == 0 })
        }
        // What is stored already is stored as the same numbers again.
        let again = try numbers.elements.withUnsafeBufferPointer { try form.storedTable(#require($0.baseAddress)) }
        #expect(again.stored == form.table.stored)
    }

    /// Σ G ⊙ E is linear in each factor: a difference of it is exact but for rounding.
    @Test(arguments: [nil, [7, 0, 41]] as [[Int]?]) func gradientsAreSlopes(rows: [Int]?) {
        let form = Self.form(.float32)
        let numbers = Self.numbers(form)
        var outer = Self.matrix(Self.tokens, Self.dimension, seed: 3)
        if let rows {
            for row in 0..<Self.tokens where !rows.contains(row) {
                for column in 0..<Self.dimension { outer[row, column] = 0 }
            }
        }
        var gradient = Matrix(rows: 1, columns: form.count)
        outer.withView { outer in
            numbers.withView { numbers in
                gradient.withMutableView { form.addGradient(of: outer, rows: rows, numbers, to: $0) }
            }
        }
        func value(_ numbers: Matrix) -> Double {
            zip(outer.elements, Self.dense(form, numbers).elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        var first = 0
        for part in form.parts {
            let range = first..<first + part.count
            first = range.upperBound
            let square = range.reduce(0.0) { $0 + Double(gradient[0, $1]) * Double(gradient[0, $1]) }
            func moved(_ step: Float) -> Double {
                var moved = numbers
                for index in range { moved[0, index] += step * gradient[0, index] / Float(square.squareRoot()) }
                return value(moved)
            }
            let slope = moved(0.5) - moved(-0.5)
            #expect(abs(slope - square.squareRoot()) < 1e-3 * square.squareRoot(), "\(part.name): \(slope)")
        }
        #expect(first == form.count)
    }

    @Test func numbersThatAreNotFiniteAreRefused() throws {
        let form = Self.form(.q8_0)
        var numbers = Self.numbers(form)
        numbers[0, form.count - 1] = .nan
        #expect(throws: EntanglementError.self) {
            try numbers.elements.withUnsafeBufferPointer { try form.storedTable(#require($0.baseAddress)) }
        }
    }
}
