import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The temporary sibling of an output that is being written: a file or a folder.
///
/// All pending outputs of the process are known, so that an interrupted command can remove them (`removeAll`).
public final class PendingOutput: Sendable {
    /// Where the output will stand.
    public let target: String
    /// Where it is written meanwhile: the same folder, so that renaming is atomic.
    public let path: String

    private static let all = Mutex<Set<String>>([])

    /// A fresh sibling name for `target`; nothing is created yet.
    public init(for target: String) {
        self.target = target
        let name = target.hasSuffix("/") ? String(target.dropLast()) : target
        let split = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        path = "\(name[..<split]).\(name[split...]).\(tag).partial"
        PendingOutput.all.withLock { _ = $0.insert(path) }
    }

    /// Renames the finished output into place and flushes the folder's entry.
    public func moveIntoPlace(replacing: Bool) throws(TensorFileError) {
        if !replacing, access(target, F_OK) == 0 { throw PendingOutput.existsError(target) }
        guard rename(path, target) == 0 else { throw systemError("renaming into place", file: target) }
        forget()
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Some file systems cannot flush a folder; the rename itself has succeeded.
        _ = fsync(descriptor)
        close(descriptor)
    }

    /// Removes what was written.
    public func remove() {
        PendingOutput.remove(path)
        forget()
    }

    /// Leaves the list without touching the disk.
    public func forget() {
        PendingOutput.all.withLock { _ = $0.remove(path) }
    }

    /// Removes every pending output of the process: for the end of an interrupted command.
    public static func removeAll() {
        for path in all.withLock({ $0 }) { remove(path) }
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        guard let folder = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        _ = closedir(folder)
        for name in names { remove("\(path)/\(name)") }
        _ = rmdir(path)
    }

    static func existsError(_ path: String) -> TensorFileError {
        TensorFileError(
            .exists,
            file: path,
            place: "output",
            cause: "it exists already",
            remedy: "choose another name or say --force"
        )
    }
}
