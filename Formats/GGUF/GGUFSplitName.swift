/// The name of one file of a split: "prefix-00002-of-00007.gguf".
public struct GGUFSplitName: Hashable, Sendable {
    /// The path up to the number's dash.
    public let prefix: String
    /// The file's number, from 1 on as in the name.
    public let number: Int
    /// How many files there are.
    public let count: Int

    /// File `number` of `count`.
    public init(prefix: String, number: Int, count: Int) {
        self.prefix = prefix
        self.number = number
        self.count = count
    }

    /// The parts of `path`; nil where it does not look like a file of a split.
    public init?(_ path: String) {
        guard let match = path.wholeMatch(of: /(.*)-([0-9]{5})-of-([0-9]{5})\.gguf/.dotMatchesNewlines()),
            let number = Int(match.2), let count = Int(match.3), (1...count).contains(number)
        else { return nil }
        self.init(prefix: String(match.1), number: number, count: count)
    }

    /// The path of the file.
    public var path: String { "\(prefix)-\(Self.padded(number))-of-\(Self.padded(count)).gguf" }

    /// The name of file `number` of the same split.
    public func sibling(_ number: Int) -> GGUFSplitName {
        GGUFSplitName(prefix: prefix, number: number, count: count)
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
