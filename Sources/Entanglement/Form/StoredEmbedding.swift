/// A factored embedding taken apart into named flat arrays and a few plain attributes, for any container to keep.
///
/// Array names are those of the factored layout after `NAME.see.`; a container may store block types as plain bytes.
public struct StoredEmbedding: Sendable, Equatable {
    /// The version of the layout that this code writes, and the only one that it reads.
    public static let version = 1

    /// A plain attribute, for a JSON description.
    public enum Attribute: Sendable, Equatable {
        case integer(Int)
        case integers([Int])
        case text(String)
    }

    /// The type of an array's elements.
    public enum Element: Sendable, Equatable {
        case factors(FactorType)
        case bytes
    }

    /// A flat array with a name.
    public struct Array: Sendable, Equatable {
        /// Its name, without a prefix: `units.1`, `codes`, `gains`.
        public let name: String
        /// The type of its elements.
        public let element: Element
        /// Its shape, outermost first, in elements. Blocks of a block type run over the flat array.
        public let shape: [Int]
        /// The stored bytes, little-endian.
        public let bytes: [UInt8]

        /// An array of the given content.
        public init(name: String, element: Element, shape: [Int], bytes: [UInt8]) {
            (self.name, self.element, self.shape, self.bytes) = (name, element, shape, bytes)
        }
    }

    /// What the arrays do not say, in a fixed order.
    public var attributes: [(name: String, value: Attribute)]
    /// The arrays, in a fixed order.
    public var arrays: [Array]

    /// A stored form of the given parts.
    public init(attributes: [(name: String, value: Attribute)], arrays: [Array]) {
        (self.attributes, self.arrays) = (attributes, arrays)
    }

    /// Whether attributes and arrays are the same, in the same order.
    public static func == (a: StoredEmbedding, b: StoredEmbedding) -> Bool {
        a.arrays == b.arrays && a.attributes.elementsEqual(b.attributes) { $0 == $1 }
    }
}

// Access for readers: everything that is absent or of another kind is an error, never a trap.
extension StoredEmbedding {
    func attribute(_ name: String) -> Attribute? { attributes.first { $0.name == name }?.value }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(EntanglementError) -> Int {
        guard case .integer(let value)? = attribute(name) else {
            throw .damaged(.missing, name, "there is no such integer attribute")
        }
        guard range.contains(value) else { throw .damaged(.value, name, "\(value) is not in \(range)") }
        return value
    }

    func integers(_ name: String) throws(EntanglementError) -> [Int] {
        guard case .integers(let values)? = attribute(name) else {
            throw .damaged(.missing, name, "there is no such list of integers")
        }
        return values
    }

    func text(_ name: String) throws(EntanglementError) -> String {
        guard case .text(let value)? = attribute(name) else {
            throw .damaged(.missing, name, "there is no such text attribute")
        }
        return value
    }

    func contains(_ name: String) -> Bool { arrays.contains { $0.name == name } }

    func bytes(_ name: String) throws(EntanglementError) -> [UInt8] {
        guard let array = arrays.first(where: { $0.name == name }) else {
            throw .damaged(.missing, name, "there is no such array")
        }
        return array.bytes
    }

    func numbers(_ name: String, count: Int, as type: FactorType) throws(EntanglementError) -> [Float] {
        let stored = try bytes(name)
        guard let values = type.decode(stored, count: count) else {
            throw .damaged(.size, name, "\(stored.count) bytes where \(count) numbers in \(type.rawValue) belong")
        }
        return values
    }
}
