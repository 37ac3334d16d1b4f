/// What kind of value stands in a JSON text.
public enum JSONKind: Hashable, Sendable {
    /// One of the six kinds of RFC 8259.
    case object, array, string, number, bool, null

    /// The kind with its article, for messages.
    public var name: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}

/// A JSON text that breaks the grammar or the caller's expectation.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes before the offending one.
    public var offset: Int
    /// What is wrong.
    public var cause: String
    /// True where the text may be sound but nests deeper than the reader allows.
    public var isDepthLimit: Bool

    /// An error at byte `offset`.
    public init(offset: Int, cause: String, isDepthLimit: Bool = false) {
        self.offset = offset
        self.cause = cause
        self.isDepthLimit = isDepthLimit
    }

    /// Offset and cause.
    public var description: String { "byte \(offset): \(cause)" }
}

/// A JSON value as a tree that keeps the order of members, duplicates included.
public enum JSONValue: Hashable, Sendable {
    /// One member of an object.
    public struct Member: Hashable, Sendable {
        /// The key with its escapes resolved.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// The member `key: value`.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Members in file order.
    case object([Member])
    /// Elements in order.
    case array([JSONValue])
    /// A text.
    case string(String)
    /// A whole number that was written as one and fits in `Int`.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// true or false.
    case bool(Bool)
    /// null.
    case null

    /// Reads one JSON text, with nothing after it.
    public init(parsing text: [UInt8], depthLimit: Int = 128) throws(JSONError) {
        var reader = JSONReader(text.span, depthLimit: depthLimit)
        self = try reader.readValue()
        try reader.finish()
    }

    /// The last member called `key`, compared byte by byte; nil where there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The members, where this is an object.
    public var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements, where this is an array.
    public var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text, where this is a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The whole number, where this is one.
    public var int: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The number, whole or not.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The truth value, where this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object whose members keep the literal's order.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
