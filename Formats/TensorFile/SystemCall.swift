#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The error that the last failed system call left in `errno`, as a `TensorFileError`.
func systemError(_ action: String, file: String) -> TensorFileError {
    let code = errno
    let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    switch code {
    case ENOENT:
        return TensorFileError(.missing, file: file, place: action, cause: reason, remedy: "check the path")
    case ENOSPC, EDQUOT, EFBIG:
        return TensorFileError(.system, file: file, place: action, cause: reason, remedy: "free space and run again")
    case EACCES, EPERM, EROFS:
        return TensorFileError(.system, file: file, place: action, cause: reason, remedy: "check the permissions")
    default:
        return TensorFileError(.system, file: file, place: action, cause: reason, remedy: "check the file system")
    }
}

/// Repeats a call that a signal interrupted.
func retryingInterrupted(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
