/// The names and the JSON description under which factored tables stand in any container: see `Formats/FactoredLayout.md`.
public enum FactoredLayout {
    /// The version written where every table is factors alone.
    public static let version = 1
    /// The version written where a table has a residual, which readers of version 1 would leave out.
    public static let versionWithResidual = 2
    /// The version written where a table has exceptions, which readers of version 2 would leave out.
    public static let versionWithExceptions = 3
    /// The versions that this code reads.
    static let readableVersions = version...versionWithExceptions
    /// The metadata key of the description; in .npz archives, the name of an array of its UTF-8 bytes.
    public static let metadataKey = "see"
    /// What stands between a table's name and its parts' names.
    static let infix = ".see."

    /// The name of the part `part` of the table `table`.
    static func name(of part: String, in table: String) -> String { table + infix + part }

    /// Whether the tensor `name` is a part of a factored table, whose bytes must never be converted.
    public static func isPart(_ name: String) -> Bool { name.contains(infix) || name == metadataKey }
}
