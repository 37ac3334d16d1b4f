/// What the reader refuses to go beyond. Counts and lengths must fit in the file besides.
public enum GGUFLimit {
    /// Bytes of metadata and tensor infos together, which are held in memory. The largest vocabularies take 20 MB; a sparse
    /// file could claim any size.
    public static let headerBytes = 256 << 20
    /// Metadata keys: real files have under a hundred.
    public static let keys = 100_000
    /// Tensors in a file: real files have a few thousand.
    public static let tensors = 1_000_000
    /// Dimensions of a tensor: the specification's bound.
    public static let dimensions = 4
    /// Levels of arrays in arrays: the specification allows them and nobody writes any.
    public static let nesting = 4
    /// Bytes of a key: the specification's bound.
    public static let keyBytes = 65_535
    /// Bytes of a tensor's name: the specification's bound. ggml refuses 64 itself, so that the writer stops at 63.
    public static let nameBytes = 64
    /// The largest alignment: huge pages are 2 MiB, and no file is known above 4 KiB.
    public static let alignment = 1 << 20
    /// Bytes of a chat template above which it is pointed out: real ones stay under 40 KB.
    public static let chatTemplateBytes = 1 << 20
}
