import Dispatch
import Synchronization
import TensorFile

extension NumPyArchive {
    /// Reads a tensor, little-endian and in C order, to `destination`, which has its size; unpacks without a copy between.
    ///
    /// The checksum is compared at the end. Throws where it differs; `destination` then holds bytes that are wrong.
    public func read(_ tensor: TensorDescriptor, into destination: UnsafeMutableRawBufferPointer) throws {
        let array = try array(tensor)
        guard destination.count == tensor.byteCount else {
            throw TensorFileError(
                .mismatch,
                file: path,
                place: "tensor \"\(tensor.name)\"",
                cause: "a buffer of \(destination.count) bytes for the tensor's \(tensor.byteCount)",
                remedy: "give a buffer of the tensor's size"
            )
        }
        do {
            try array.payload.read(from: array.openData(in: file), into: destination)
        } catch let error as TensorFileError {
            throw error.inFile(path)
        }
    }

    /// The bytes of several tensors, in the order asked for; members are read and unpacked on all cores.
    ///
    /// Where several fail, the error is that of the first in the order of work (larger tensors first).
    public func bytes(of tensors: [TensorDescriptor]) throws -> [[UInt8]] {
        let results = Mutex<[[UInt8]]>(Array(repeating: [], count: tensors.count))
        try Self.concurrently(Self.largestFirst(tensors)) { index in
            var failure: (any Error)?
            let bytes = [UInt8](unsafeUninitializedCapacity: tensors[index].byteCount) { buffer, count in
                let whole = UnsafeMutableRawBufferPointer(buffer)
                preferLargePages(for: whole)
                let part = UnsafeMutableRawBufferPointer(rebasing: whole[..<tensors[index].byteCount])
                do {
                    try read(tensors[index], into: part)
                    count = part.count
                } catch { failure = error }
            }
            if let failure { throw failure }
            results.withLock { $0[index] = bytes }
        }
        return results.withLock { $0 }
    }

    /// Compares every array's checksum, on all cores; keeps nothing.
    public func verifyChecksums() throws {
        try Self.concurrently(Self.largestFirst(tensors)) { index in
            do throws(TensorFileError) {
                let bytes = try MemberBytes(arrays[index].member, in: file)
                try bytes.discardRest()
                try bytes.finish()
            } catch { throw error.inFile(path) }
        }
    }

    /// Indices of `tensors` by falling size, so that no long task begins last.
    private static func largestFirst(_ tensors: [TensorDescriptor]) -> [Int] {
        tensors.indices.sorted { (tensors[$1].byteCount, $0) < (tensors[$0].byteCount, $1) }
    }

    /// Calls `task` for each of `indices`, side by side; throws the failure that comes first in `indices`.
    private static func concurrently(_ indices: [Int], _ task: @Sendable (Int) throws -> Void) throws {
        let failure = Mutex<(turn: Int, error: any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: indices.count) { turn in
            // After a failure only turns before it can still change the result.
            guard failure.withLock({ $0.map { turn < $0.turn } ?? true }) else { return }
            do {
                try task(indices[turn])
            } catch {
                failure.withLock { if $0.map({ turn < $0.turn }) ?? true { $0 = (turn, error) } }
            }
        }
        if let first = failure.withLock({ $0 }) { throw first.error }
    }
}
