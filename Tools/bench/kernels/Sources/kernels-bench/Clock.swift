#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What time is measured with: the thread's own for one thread, so that other programs do not count; the wall's for more.
struct Clock {
    let threads: Int

    private var now: Double {
        var time = timespec()
        clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The median times in seconds of two bodies that take turns, so that both see the same disturbances.
    func compare(runs: Int, _ first: () -> Void, _ second: () -> Void) -> (first: Double, second: Double) {
        func time(_ body: () -> Void) -> Double {
            let start = now
            body()
            return now - start
        }
        first()
        second()
        let times = (0..<runs).map { _ in (time(first), time(second)) }
        return (times.map(\.0).sorted()[runs / 2], times.map(\.1).sorted()[runs / 2])
    }
}
