/// A coded matrix taken apart into named byte arrays, for any container to keep.
public struct StoredResidual: Sendable, Equatable {
    /// The version of the format that this code writes, and the only one that it reads.
    public static let version = 1

    /// A flat array of bytes with a name.
    public struct Part: Sendable, Equatable {
        /// Its name: `residual.model`, `residual.basis`, `residual.index`, `residual.rows`.
        public let name: String
        /// Its content.
        public let bytes: [UInt8]

        /// A part of the given content.
        public init(name: String, bytes: [UInt8]) {
            (self.name, self.bytes) = (name, bytes)
        }
    }

    /// The version of the format.
    public var version: Int
    /// The number of rows of the matrix.
    public var rowCount: Int
    /// The number of columns of the matrix.
    public var columnCount: Int
    /// The arrays, in the order of `partNames`.
    public var parts: [Part]

    /// A stored form of the given parts.
    public init(version: Int = StoredResidual.version, rowCount: Int, columnCount: Int, parts: [Part]) {
        (self.version, self.rowCount, self.columnCount, self.parts) = (version, rowCount, columnCount, parts)
    }

    /// The names of all parts: header, mean, classes and tables; reflections; classes and lengths of the rows; the rows.
    public static let partNames = ["residual.model", "residual.basis", "residual.index", "residual.rows"]

    /// The bytes of all parts.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.bytes.count } }

    func bytes(_ name: String) throws(ResidualCodingError) -> [UInt8] {
        guard let part = parts.first(where: { $0.name == name }) else {
            throw .damaged(.missing, name, "there is no such part")
        }
        return part.bytes
    }
}
