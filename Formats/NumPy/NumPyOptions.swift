import TensorFile

/// How NumPy files are read: what to make of ambiguous types, how strict to be, and the limits.
public struct NumPyOptions: Hashable, Sendable {
    /// What to take nameless byte types for; without a hint they are refused.
    public var hints: NumPyHints
    /// How members that are no arrays, bytes that belong to nothing, and names that differ only in case are met.
    public var strictness: Strictness
    /// True where arrays of types that tensors cannot have (text, dates, records, objects) are left out of an archive's
    /// tensors with a warning: for listings. Otherwise they are refused, because a conversion that drops them would
    /// lose data unseen.
    public var skipsForeignTypes: Bool
    /// Greatest length of an array's header text in bytes. NumPy's own ceiling is the default; large structured types
    /// (which are refused here anyway) are the only known reason for more.
    public var headerLimit: Int
    /// How many times larger than its file an archive may unpack to, all members together; archives that unpack to less
    /// than 256 MiB are always read. The default is what deflate can reach, so only zstd archives of near-constant
    /// arrays ever need more.
    public var expansionLimit: Int

    /// Memory for a slab of an array in Fortran order that is turned (see `FortranStream`).
    package var slabBytes = 64 << 20

    /// Options; the defaults are for files from anywhere.
    public init(
        hints: NumPyHints = NumPyHints(),
        strictness: Strictness = .lenient,
        skipsForeignTypes: Bool = false,
        headerLimit: Int = 10_000,
        expansionLimit: Int = 1_032
    ) {
        self.hints = hints
        self.strictness = strictness
        self.skipsForeignTypes = skipsForeignTypes
        self.headerLimit = headerLimit
        self.expansionLimit = expansionLimit
    }
}

/// The types that NumPy's nameless byte types stand for.
///
/// NumPy has no bfloat16 and no 8-bit floats. The `ml_dtypes` package adds them, but a file keeps only their width:
/// `V2` for bfloat16, `V1` for fourteen different types of one byte. Nothing in the file tells them apart.
public struct NumPyHints: Hashable, Sendable {
    /// The type of `V2` arrays: a plain type of two bytes, usually `.bfloat16`.
    public var void2: ElementType?
    /// The type of `V1` arrays: a plain type of one byte, such as `.float8E4M3`. Types below a byte (F4, F6) will not
    /// do: `ml_dtypes` stores those one to a byte, not packed.
    public var void1: ElementType?

    /// Hints; nil refuses arrays of that type.
    public init(void2: ElementType? = nil, void1: ElementType? = nil) {
        self.void2 = void2
        self.void1 = void1
    }
}
