#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder of files that appears whole or not at all, as `OutputFile` does for one file.
public final class OutputFolder {
    /// Where the folder will stand.
    public let target: String
    private let pending: PendingOutput
    private let replacing: Bool
    private var isCommitted = false

    /// Where its files are to be written until `commit`.
    public var path: String { pending.path }

    /// Starts the folder. An existing file or folder at `target` is an error unless it may be replaced.
    public init(_ target: String, replacing: Bool) throws(TensorFileError) {
        if !replacing, access(target, F_OK) == 0 { throw PendingOutput.existsError(target) }
        self.target = target
        self.replacing = replacing
        pending = PendingOutput(for: target)
        guard mkdir(pending.path, 0o777) == 0 else {
            let error = systemError("creating the folder", file: target)
            pending.forget()
            throw error
        }
    }

    deinit {
        if !isCommitted { pending.remove() }
    }

    /// Renames the folder into place; what stood there before is removed after that.
    public func commit() throws(TensorFileError) {
        guard replacing, access(target, F_OK) == 0 else {
            try pending.moveIntoPlace(replacing: false)
            isCommitted = true
            return
        }
        // A folder that is not empty cannot be renamed over: the old one steps aside first.
        let old = PendingOutput(for: target)
        guard rename(target, old.path) == 0 else { throw systemError("moving the old output aside", file: target) }
        do throws(TensorFileError) {
            try pending.moveIntoPlace(replacing: false)
        } catch {
            _ = rename(old.path, target)
            throw error
        }
        isCommitted = true
        old.remove()
    }
}
