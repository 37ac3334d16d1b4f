/// How a reader meets a file that breaks its format without harm to memory or to the meaning of the tensors.
public enum Strictness: Hashable, Sendable {
    /// Every breach is an error: for files of unknown origin, and to verify one's own.
    case strict
    /// What other writers are known to get wrong is read, with a warning for each: for files that are needed as they are.
    case lenient
}
