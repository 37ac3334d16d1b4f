import Entanglement
import JSONText
import LinearAlgebra
import TensorFile

/// Rows that the layers of a factored table do not stand for: zero rows, or rows kept as the source had them.
public struct StoredExceptions: Sendable, Equatable {
    /// The rows' numbers, ascending.
    public let tokens: [Int]
    /// Their bytes in the source's type, one row after the other; nil where all are zero rows.
    public let rows: [UInt8]?

    /// Exceptions at `tokens`, which ascend.
    public init(tokens: [Int], rows: [UInt8]?) {
        (self.tokens, self.rows) = (tokens, rows)
    }

    /// The names of the parts.
    static let tokensName = "exceptions.tokens"
    static let rowsName = "exceptions.rows"

    /// The parts as arrays of the layout: the rows' numbers as four bytes each, little-endian, and the rows' bytes.
    var arrays: [StoredEmbedding.Array] {
        let numbers = tokens.flatMap { token in (0..<4).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) } }
        var arrays = [
            StoredEmbedding.Array(name: Self.tokensName, element: .bytes, shape: [numbers.count], bytes: numbers)
        ]
        if let rows {
            arrays.append(
                StoredEmbedding.Array(name: Self.rowsName, element: .bytes, shape: [rows.count], bytes: rows)
            )
        }
        return arrays
    }

    /// The bytes of both parts.
    public var byteCount: Int { 4 * tokens.count + (rows?.count ?? 0) }

    /// The member `exceptions` of a table's description.
    var json: JSONValue { ["tokens": .integer(tokens.count), "rows": .string(rows == nil ? "zero" : "kept")] }

    /// What the member `exceptions` of the description of `tensor` describes; nil where sizes or numbers contradict
    /// each other.
    init?(_ json: JSONValue, of tensor: TensorDescriptor, part: (String) throws -> [UInt8]) throws {
        guard let count = json["tokens"]?.int, let kind = json["rows"]?.string, ["zero", "kept"].contains(kind),
            let height = tensor.shape.first, (1...max(1, height)).contains(count)
        else { return nil }
        let numbers = try part(Self.tokensName)
        guard numbers.count == 4 * count else { return nil }
        let tokens = stride(from: 0, to: numbers.count, by: 4).map { first in
            (0..<4).reduce(0) { $0 | Int(numbers[first + $1]) << (8 * $1) }
        }
        guard zip(tokens, tokens.dropFirst()).allSatisfy({ $0 < $1 }), tokens.allSatisfy({ $0 < height }) else {
            return nil
        }
        var rows: [UInt8]?
        if kind == "kept" {
            let bytes = try part(Self.rowsName)
            guard let rowBytes = tensor.rowByteCount, tensor.type.isDecodable,
                rowBytes.multipliedReportingOverflow(by: count) == (bytes.count, false)
            else { return nil }
            rows = bytes
        }
        self.init(tokens: tokens, rows: rows)
    }

    /// The bytes of each kept row by its number, for an output of the source's own type.
    func exactRows() -> [Int: ArraySlice<UInt8>] {
        guard let rows, !tokens.isEmpty else { return [:] }
        let length = rows.count / tokens.count
        return Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, rows[$0 * length..<($0 + 1) * length]) })
    }
}

/// A factored table with rows that are taken from elsewhere.
public struct ExceptedTable: FactoredTable {
    /// The layers below.
    public let base: any FactoredTable
    private let exceptions: StoredExceptions
    /// The rows in float32, `[exceptions, dimension]`; nil for zero rows.
    private let values: [Float]?

    /// `base` with the rows of `exceptions`, which are of the type of `tensor`.
    init(_ base: any FactoredTable, _ exceptions: StoredExceptions, of tensor: TensorDescriptor) throws {
        (self.base, self.exceptions) = (base, exceptions)
        values = try exceptions.rows.map { rows in
            try rows.withUnsafeBytes {
                try ValueCodec.floats($0, as: tensor.type, count: exceptions.tokens.count * base.dimension)
            }
        }
    }

    /// The number V of tokens.
    public var tokenCount: Int { base.tokenCount }
    /// The length d of a token's vector.
    public var dimension: Int { base.dimension }
    /// The parts of the layers, the rows' numbers and the rows.
    public var parts: [StoredPart] {
        let count = exceptions.tokens.count
        var parts = base.parts
        parts.append(StoredPart(StoredExceptions.tokensName, numbers: count, isIndex: true, bytes: 4 * count))
        if let rows = exceptions.rows {
            parts.append(StoredPart(StoredExceptions.rowsName, numbers: count * dimension, bytes: rows.count))
        }
        return parts
    }

    /// Writes the vectors of `tokens`, one after the other, to `rows`.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        base.write(tokens, to: &rows)
        var place = exceptions.tokens.firstPlace(notBelow: tokens.lowerBound)
        while place < exceptions.tokens.count, case let token = exceptions.tokens[place], token < tokens.upperBound {
            let first = (token - tokens.lowerBound) * dimension
            for column in 0..<dimension { rows[first + column] = values?[place * dimension + column] ?? 0 }
            place += 1
        }
    }
}
