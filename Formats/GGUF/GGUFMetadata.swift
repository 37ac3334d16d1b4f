import TensorFile

/// The metadata of a GGUF file: keys with values, in the order of the file. Keys are unique and told apart by their bytes.
public struct GGUFMetadata: Sendable {
    /// A key with its value.
    public struct Entry: Hashable, Sendable {
        /// The key, such as "general.architecture".
        public let key: String
        /// Its value.
        public var value: GGUFValue
    }

    /// The entries in order.
    public private(set) var entries: [Entry] = []
    private var places: [TensorName: Int] = [:]

    /// Metadata without entries.
    public init() {}

    /// The value of `key`. A new key goes to the end, a known one keeps its place, nil removes.
    public subscript(key: String) -> GGUFValue? {
        get { places[TensorName(key)].map { entries[$0].value } }
        set {
            let place = places[TensorName(key)]
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (nil, let value?): append(key, value)
            case (_?, nil): removeAll { $0.key.utf8.elementsEqual(key.utf8) }
            case (nil, nil): break
            }
        }
    }

    /// The value of a key that does not depend on the architecture.
    public subscript(key: GGUFKey) -> GGUFValue? {
        get { self[key.name] }
        set { self[key.name] = newValue }
    }

    /// Removes the entries that `isUnwanted` names.
    public mutating func removeAll(where isUnwanted: (Entry) -> Bool) {
        let kept = entries.filter { !isUnwanted($0) }
        entries = []
        places = [:]
        for entry in kept { append(entry.key, entry.value) }
    }

    /// Adds an entry at the end, unless the key is there already.
    @discardableResult mutating func append(_ key: String, _ value: GGUFValue) -> Bool {
        let name = TensorName(key)
        guard places[name] == nil else { return false }
        places[name] = entries.count
        entries.append(Entry(key: key, value: value))
        return true
    }
}

extension GGUFMetadata {
    /// The text of `key`; an error where it is missing or no text.
    public func requiredText(_ key: String) throws(TensorFileError) -> String {
        let value = try required(key)
        guard let text = value.text else { throw wrongType(key, value, expected: "a text") }
        return text
    }

    /// The integer of `key`, of any width, which must lie in `range`; an error where it is missing.
    public func requiredInteger(_ key: String, in range: ClosedRange<Int>) throws(TensorFileError) -> Int {
        let value = try required(key)
        guard let integer = value.integer else { throw wrongType(key, value, expected: "an integer") }
        guard range.contains(integer) else {
            throw TensorFileError(
                .value,
                place: "key \(key)",
                cause: "\(integer) is outside \(range.lowerBound) to \(range.upperBound)",
                remedy: "the file is damaged or hostile; convert the original model again"
            )
        }
        return integer
    }

    /// The integer of `key` in `range`, or `fallback` where the key is not there.
    public func integer(
        _ key: String,
        in range: ClosedRange<Int>,
        default fallback: Int
    ) throws(TensorFileError) -> Int {
        self[key] == nil ? fallback : try requiredInteger(key, in: range)
    }

    /// The finite number of `key`, or `fallback` where the key is not there.
    public func number(_ key: String, default fallback: Double) throws(TensorFileError) -> Double {
        guard let value = self[key] else { return fallback }
        guard let number = value.number ?? value.integer.map({ Double($0) }), number.isFinite else {
            throw wrongType(key, value, expected: "a finite number")
        }
        return number
    }

    private func required(_ key: String) throws(TensorFileError) -> GGUFValue {
        guard let value = self[key] else {
            throw TensorFileError(
                .missing,
                place: "key \(key)",
                cause: "the metadata has no such key",
                remedy: "convert the original model again"
            )
        }
        return value
    }

    private func wrongType(_ key: String, _ value: GGUFValue, expected: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            place: "key \(key)",
            cause: "the value (\(value.type.name)) is not \(expected)",
            remedy: "convert the original model again"
        )
    }
}
