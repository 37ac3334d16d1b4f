import Kernels
import Synchronization

/// The kernels' instruction sets, one process-wide setting that tests must not change under each other.
public enum KernelPaths {
    private static let lock = Mutex(())

    /// Every path that this CPU has, slowest first.
    public static let available: [see_kernels_path] = lock.withLock { _ in
        let best = see_kernels_select_path(SEE_KERNELS_AVX512)
        return (0...best.rawValue).map { see_kernels_path(rawValue: $0) }
    }

    /// Runs `body` on each available path in turn, and leaves the best one selected.
    public static func forEach(_ body: (see_kernels_path) throws -> Void) rethrows {
        let paths = available
        try lock.withLock { _ in
            defer { see_kernels_select_path(SEE_KERNELS_AVX512) }
            for path in paths {
                see_kernels_select_path(path)
                try body(path)
            }
        }
    }

    /// Runs `body` while no test changes the path: for results that are compared bit by bit.
    public static func unchanged<Result>(_ body: () throws -> Result) rethrows -> Result {
        try lock.withLock { _ in try body() }
    }
}
