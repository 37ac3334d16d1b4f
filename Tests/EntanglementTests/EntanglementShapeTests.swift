import Entanglement
import Testing

@Suite struct EntanglementShapeTests {
    @Test(arguments: [
        (384, 1, [384]), (384, 2, [16, 24]), (384, 3, [6, 8, 8]), (3072, 2, [48, 64]), (3072, 3, [12, 16, 16]),
        (256, 4, [4, 4, 4, 4]), (397, 2, [19, 21]), (1, 4, [1, 1, 1, 1]), (7, 2, [2, 4]),
    ])
    func foldsWithoutWaste(dimension: Int, order: Int, sizes: [Int]) throws {
        #expect(try EntanglementShape(dimension: dimension, order: order).slotSizes == sizes)
    }

    @Test func coversEveryDimension() throws {
        for dimension in 1...600 {
            for order in EntanglementShape.orders {
                let shape = try EntanglementShape(dimension: dimension, order: order)
                #expect(shape.productLength >= dimension && shape.order == order)
                let uniform = try EntanglementShape(uniform: dimension, order: order)
                #expect(shape.slotSizes.reduce(0, +) * 4 <= uniform.slotSizes.reduce(0, +) * 5)
            }
        }
    }

    @Test(arguments: [5, 6, 7, 8, 31], [2, 3, 4, 5])
    func takesRootsInIntegers(root: Int, degree: Int) {
        let power = Array(repeating: root, count: degree).reduce(1, *)
        #expect(EntanglementShape.ceilingRoot(of: power, degree: degree) == root)
        #expect(EntanglementShape.ceilingRoot(of: power + 1, degree: degree) == root + 1)
        #expect(EntanglementShape.ceilingRoot(of: power - 1, degree: degree) == root)
    }

    @Test func rootsOfExtremes() {
        #expect(EntanglementShape.ceilingRoot(of: .max, degree: 2) == 3_037_000_500)
        #expect(EntanglementShape.ceilingRoot(of: 0, degree: 3) == 1)
        #expect(EntanglementShape.ceilingRoot(of: 17, degree: 1) == 17)
    }

    @Test(arguments: [
        (0, [1]), (-1, [1]), (1 << 21, [1 << 21]), (12, []), (12, [2, 2, 2, 2, 2]), (12, [3, 3]), (12, [13]),
        (12, [0, 12]),
        (1 << 20, [1 << 20, 1 << 20, 1 << 20, 1 << 20]),
    ])
    func refuses(dimension: Int, sizes: [Int]) {
        #expect(throws: EntanglementError.self) { try EntanglementShape(dimension: dimension, slotSizes: sizes) }
    }
}
