import LinearAlgebra

/// A part of a table in training.
public struct TrainablePart: Sendable, Hashable {
    /// Its name in the factored layout: `units.1`, `gains`.
    public let name: String
    /// Its sizes.
    public let shape: [Int]
    /// Its numbers.
    public var count: Int { shape.reduce(1, *) }
}

/// A stored form of a table whose own numbers train: in float32, one after the other in memory that the caller holds. What
/// indexes them (codes) stays as it is.
///
/// `write` rebuilds rows of the dense table from the numbers, and `addGradient` takes the dense table's gradient back to them.
public protocol TrainableForm: Sendable {
    /// The number V of tokens.
    var tokenCount: Int { get }
    /// The length d of a token's vector.
    var dimension: Int { get }
    /// The parts in their order in memory.
    var parts: [TrainablePart] { get }
    /// The part that is stored in so few bits that one rounding changes much; nil for none.
    var coarsePart: String? { get }

    /// Writes the numbers that training begins with, as they come back from storage.
    func fill(_ target: UnsafeMutablePointer<Float>)

    /// Writes the vectors of `tokens` (all, where it is nil) to their rows of `table` `[V, d]`.
    func write(_ factors: MatrixView<Float>, tokens: [Int]?, to table: MutableMatrixView<Float>)

    /// Adds the gradient by the numbers to `gradient`, as many as `factors`, from `table` `[V, d]`, that of the dense table.
    ///
    /// - Parameter rows: the tokens whose gradient is not 0, each once; nil for all.
    func addGradient(
        of table: MatrixView<Float>,
        rows: [Int]?,
        _ factors: MatrixView<Float>,
        to gradient: MutableMatrixView<Float>
    )

    /// The table of the numbers `factors`, rounded as it is stored.
    ///
    /// - Throws: kind `value` where a number is not finite.
    func storedTable(_ factors: UnsafePointer<Float>) throws(EntanglementError) -> any StorableTable

    /// Writes the numbers `factors` as they come back from storage to `target`.
    ///
    /// - Throws: kind `value` where a number is not finite.
    func round(_ factors: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) throws(EntanglementError)
}

extension TrainableForm {
    /// Numbers of all parts.
    public var count: Int { parts.reduce(0) { $0 + $1.count } }

    /// None: all numbers are stored alike.
    public var coarsePart: String? { nil }

    /// By way of the stored table.
    public func round(_ factors: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) throws(EntanglementError)
    {
        TableMethods.trainableForm(of: try storedTable(factors))?.fill(target)
    }
}

extension TableMethods {
    /// `table` with its own numbers ready to train; nil for forms in which only the dense table can, to be fitted again.
    public static func trainableForm(of table: any StorableTable) -> (any TrainableForm)? {
        switch table {
        case let table as EntangledEmbedding: TrainableFactors(table)
        case let table as LowRankTable: TrainableLowRank(table)
        default: nil
        }
    }
}
