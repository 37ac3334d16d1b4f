import Safetensors
import TensorFile

/// Reads the input as the index of a sharded checkpoint. What is accepted must name files of the index's folder only.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = unsafe Span(_unsafeStart: start, count: count)
    guard let index = try? SafetensorsIndex(parsing: text) else { return 0 }
    for shard in index.shards {
        precondition(!shard.isEmpty && shard != "." && shard != "..")
        precondition(!shard.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 })
    }
    precondition(Set(index.shards.map { TensorName($0) }).count == index.shards.count)
    precondition(index.totalSize ?? 0 >= 0)
    return 0
}
