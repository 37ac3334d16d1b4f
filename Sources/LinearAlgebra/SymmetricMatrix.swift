/// A symmetric matrix of Double with both triangles stored.
public struct SymmetricMatrix: Sendable, Equatable {
    /// The number of rows and columns.
    public let size: Int
    /// All elements, row after row; `subscript` keeps both triangles the same.
    public private(set) var elements: [Double]

    /// The zero matrix.
    public init(size: Int) {
        self.size = size
        elements = [Double](repeating: 0, count: size * size)
    }

    /// The matrix with the elements `[size, size]` whose lower triangle is given; the upper one is not read.
    public init(size: Int, lowerTriangleOf elements: [Double]) {
        precondition(elements.count == size * size, "elements do not fill the shape")
        self.size = size
        self.elements = elements
        mirrorLowerTriangle()
    }

    /// `matrix` divided by `divisor`.
    init(_ matrix: SymmetricMatrix, dividedBy divisor: Double) {
        size = matrix.size
        elements = matrix.elements.map { $0 / divisor }
    }

    /// The element at `row` and `column`, which is also the one at `column` and `row`.
    public subscript(row: Int, column: Int) -> Double {
        get {
            precondition(column >= 0 && column < size, "column out of range")
            return elements[row * size + column]
        }
        set {
            precondition(row >= 0 && row < size && column >= 0 && column < size, "index out of range")
            elements[row * size + column] = newValue
            elements[column * size + row] = newValue
        }
    }

    /// Adds XᵀX for X `[rows, size]`, or XᵀWX with W the diagonal matrix of `weights`, in Double throughout.
    ///
    /// A large X may come in parts, in a fixed order. Half of the product is computed, `rows · size² / 2` multiply-adds.
    public mutating func addGram(of x: MatrixView<Float>, weights: [Float]? = nil) {
        precondition(x.columns == size && weights.map { $0.count == x.rows } ?? true, "shapes do not fit")
        guard size > 0 else { return }
        // Rows are widened a part at a time; whole blocks of columns skip what lies above the diagonal's blocks.
        let rowsPerPart = 1024
        let block = max(128, size / 8)
        var plain = [Double](repeating: 0, count: min(rowsPerPart, x.rows) * size)
        var weighted = weights == nil ? [] : plain
        for first in stride(from: 0, to: x.rows, by: rowsPerPart) {
            let part = first..<min(first + rowsPerPart, x.rows)
            let view = x.extracting(rows: part, columns: 0..<size)
            Self.widen(view, into: &plain)
            if let weights {
                Self.widen(view, weights: weights[part], into: &weighted)
            }
            add(plain, weights == nil ? plain : weighted, rows: part.count, block: block)
        }
        mirrorLowerTriangle()
    }

    /// The Gram matrix XᵀX or XᵀWX of a matrix X.
    public static func gram(of x: Matrix, weights: [Float]? = nil) -> SymmetricMatrix {
        var result = SymmetricMatrix(size: x.columns)
        x.withView { result.addGram(of: $0, weights: weights) }
        return result
    }

    /// Adds the blocks on and below the diagonal of aᵀ·b, both `[rows, size]`.
    private mutating func add(_ a: [Double], _ b: [Double], rows: Int, block: Int) {
        let size = size
        elements.withUnsafeMutableBufferPointer { c in
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    let left = MatrixView(a, rows: rows, columns: size).transposed
                    let right = MatrixView(b, rows: rows, columns: size)
                    let result = MutableMatrixView(c, rows: size, columns: size)
                    for first in stride(from: 0, to: size, by: block) {
                        let columns = first..<min(first + block, size)
                        gemm(
                            left.extracting(rows: first..<size, columns: 0..<rows),
                            right.extracting(rows: 0..<rows, columns: columns),
                            into: result.extracting(rows: first..<size, columns: columns),
                            beta: 1
                        )
                    }
                }
            }
        }
    }

    /// Copies `view` into `target` as Double, each row times its weight.
    private static func widen(
        _ view: MatrixView<Float>,
        weights: ArraySlice<Float>? = nil,
        into target: inout [Double]
    ) {
        let columns = view.columns
        target.withUnsafeMutableBufferPointer { target in
            for row in 0..<view.rows {
                let source = view.base + row * view.rowStride
                let weight = weights.map { Double($0[$0.startIndex + row]) } ?? 1
                for column in 0..<columns {
                    target[row * columns + column] = weight * Double(source[column * view.columnStride])
                }
            }
        }
    }

    /// Copies the lower triangle to the upper one, in square blocks that stay in the cache.
    private mutating func mirrorLowerTriangle() {
        let size = size
        let block = 32
        elements.withUnsafeMutableBufferPointer { elements in
            for firstRow in stride(from: 0, to: size, by: block) {
                for firstColumn in stride(from: 0, through: firstRow, by: block) {
                    for row in firstRow..<min(firstRow + block, size) {
                        for column in firstColumn..<max(firstColumn, min(firstColumn + block, row)) {
                            elements[column * size + row] = elements[row * size + column]
                        }
                    }
                }
            }
        }
    }
}
