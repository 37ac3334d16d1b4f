import LinearAlgebra

/// Where a run of parameters lies in a `ParameterSet`: a matrix `[rows, columns]`, stacked from one or more tensors of equal
/// width. A vector is a matrix of one row.
public struct ParameterBlock: Sendable, Hashable {
    /// The first number among all.
    public let offset: Int
    /// Rows of all its tensors.
    public let rows: Int
    /// The width.
    public let columns: Int
    /// Its tensors, by their numbers in the set.
    let members: Range<Int>

    /// Numbers of the block.
    public var count: Int { rows * columns }
}

/// What becomes of a parameter in training.
public enum ParameterRole: Sendable, Hashable {
    /// It stays, and has no gradient.
    case frozen
    /// The optimiser changes it.
    case trained
    /// It has a gradient, and its values are computed from other parameters before each step: a table that is rebuilt from
    /// its factors.
    case derived
}

/// A tensor of the model in training, named as in the checkpoint.
public struct Parameter: Sendable, Hashable {
    /// The tensor's name.
    public let name: String
    /// Outermost first.
    public let shape: [Int]
    /// Its numbers among all of the set.
    public let range: Range<Int>
    /// What becomes of it.
    public fileprivate(set) var role: ParameterRole
}

/// The plan of a `ParameterSet`: which tensors there are and what fills them.
public struct ParameterPlan {
    fileprivate var parameters: [Parameter] = []
    fileprivate var fills: [(offset: Int, fill: (UnsafeMutablePointer<Float>) -> Void)] = []
    fileprivate var count = 0
    private var sites = 0

    /// Blocks begin at multiples of so many numbers, a cache line.
    private static let alignment = 16

    /// An empty plan.
    public init() {}

    /// A place of dropout that no other one has.
    mutating func nextSite() -> Int {
        sites += 1
        return sites
    }

    /// Adds the matrices called `names`, one below the other: `rows` rows each, and `columns` columns.
    ///
    /// - Parameter fill: writes the numbers of all of them, in order, when the set is made.
    public mutating func add(
        _ names: [String],
        rows: [Int],
        columns: Int,
        fill: @escaping (UnsafeMutablePointer<Float>) -> Void
    ) -> ParameterBlock {
        let members = place(names, shapes: rows.map { [$0, columns] }, fill)
        return ParameterBlock(
            offset: parameters[members.lowerBound].range.lowerBound,
            rows: rows.reduce(0, +),
            columns: columns,
            members: members
        )
    }

    /// Adds the vectors called `names`, one behind the other, of `lengths` numbers each and together those of `values`.
    public mutating func add(_ names: [String], lengths: [Int], values: [Float]) -> ParameterBlock {
        precondition(lengths.reduce(0, +) == values.count, "lengths do not fit the numbers")
        return add(names, shapes: lengths.map { [$0] }) { target in
            for index in values.indices { target[index] = values[index] }
        }
    }

    /// Adds the vector called `name` with these values.
    public mutating func add(_ name: String, vector values: [Float]) -> ParameterBlock {
        add([name], lengths: [values.count], values: values)
    }

    /// Adds tensors of any shapes, one behind the other; the block is a vector of all their numbers.
    ///
    /// - Parameter fill: writes the numbers of all of them, in order, when the set is made.
    public mutating func add(
        _ names: [String],
        shapes: [[Int]],
        fill: @escaping (UnsafeMutablePointer<Float>) -> Void
    ) -> ParameterBlock {
        let members = place(names, shapes: shapes, fill)
        let range = parameters[members.lowerBound].range.lowerBound..<count
        return ParameterBlock(offset: range.lowerBound, rows: 1, columns: range.count, members: members)
    }

    private mutating func place(
        _ names: [String],
        shapes: [[Int]],
        _ fill: @escaping (UnsafeMutablePointer<Float>) -> Void
    ) -> Range<Int> {
        precondition(names.count == shapes.count && !names.isEmpty, "a shape for each name")
        let offset = (count + Self.alignment - 1) / Self.alignment * Self.alignment
        let first = parameters.count
        count = offset
        for (name, shape) in zip(names, shapes) {
            let range = count..<count + shape.reduce(1, *)
            parameters.append(Parameter(name: name, shape: shape, range: range, role: .trained))
            count = range.upperBound
        }
        fills.append((offset, fill))
        return first..<parameters.count
    }
}

/// All numbers of a model in training, in float32, with their gradients.
///
/// One thread at a time changes it; within a pass, threads write disjoint parts.
public final class ParameterSet {
    /// The tensors.
    public private(set) var parameters: [Parameter]
    /// Numbers of all tensors, with the gaps between blocks.
    public let count: Int
    private let storage: ZeroedFloats
    private let gradientStorage: ZeroedFloats
    private let places: [[UInt8]: Int]

    /// The set that `plan` describes; every tensor is trained until told otherwise.
    public init(_ plan: ParameterPlan) {
        parameters = plan.parameters
        count = plan.count
        storage = ZeroedFloats(count: plan.count)
        // Memory is taken when it is first written: frozen tensors have none.
        gradientStorage = ZeroedFloats(count: plan.count)
        // By bytes: strings that differ may still be equal in Unicode's sense.
        places = Dictionary(plan.parameters.enumerated().map { (Array($1.name.utf8), $0) }) { first, _ in first }
        for (offset, fill) in plan.fills { fill(storage.base + offset) }
    }

    /// All values, of which `parameters` tells the places.
    public var values: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: storage.base, count: count)
    }
    /// All gradients, at the same places.
    public var gradients: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: gradientStorage.base, count: count)
    }

    /// The number of the tensor called `name`; nil where there is none.
    public func index(of name: String) -> Int? { places[Array(name.utf8)] }

    /// Gives every tensor the role that `role` says of it.
    public func assignRoles(_ role: (Parameter) -> ParameterRole) {
        for index in parameters.indices { parameters[index].role = role(parameters[index]) }
    }

    /// Gives all tensors of `block` a role.
    public func assign(_ role: ParameterRole, to block: ParameterBlock) {
        for index in block.members { parameters[index].role = role }
    }

    /// The values of `block`, `[rows, columns]`.
    public func view(_ block: ParameterBlock) -> MatrixView<Float> {
        MatrixView(storage.base + block.offset, rows: block.rows, columns: block.columns)
    }

    /// The values of `block`, to be changed.
    public func mutableView(_ block: ParameterBlock) -> MutableMatrixView<Float> {
        MutableMatrixView(storage.base + block.offset, rows: block.rows, columns: block.columns)
    }

    /// The gradient of `block`, `[rows, columns]`.
    public func gradient(_ block: ParameterBlock) -> MutableMatrixView<Float> {
        MutableMatrixView(gradientStorage.base + block.offset, rows: block.rows, columns: block.columns)
    }

    /// Whether anything of `block` has a gradient.
    public func wantsGradient(_ block: ParameterBlock) -> Bool {
        block.members.contains { parameters[$0].role != .frozen }
    }

    /// Sets all gradients to 0, but for those of frozen tensors, which stay so.
    public func clearGradients() {
        for parameter in parameters where parameter.role != .frozen {
            let view = MutableMatrixView(
                gradientStorage.base + parameter.range.lowerBound,
                rows: 1,
                columns: parameter.range.count
            )
            Parallel.forEachChunk(of: parameter.range.count, size: 1 << 18) { range in
                (view.base + range.lowerBound).update(repeating: 0, count: range.count)
            }
        }
    }

    /// The block as weights of the runtime: a copy that later steps do not change.
    func weights(_ block: ParameterBlock) -> WeightMatrix {
        let source = view(block)
        let memory = WeightMemory(byteCount: 4 * block.count) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: source.base, count: 4 * block.count))
        }
        return WeightMatrix(memory, as: .float32, rows: block.rows, columns: block.columns)
    }

    /// The numbers of a block, copied.
    func numbers(_ block: ParameterBlock) -> [Float] {
        Array(UnsafeBufferPointer(start: view(block).base, count: block.count))
    }
}
