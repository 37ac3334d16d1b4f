// The only types of this module that vouch for what the compiler cannot check about threads. The loops of `Parallel`
// hand each part of an array to one thread, and products read operands that nobody changes meanwhile.

/// An address that several threads read from; who shares it keeps the memory alive and unchanged until all are done.
struct SharedPointer<Element>: @unchecked Sendable {
    let base: UnsafePointer<Element>
    init(_ base: UnsafePointer<Element>) { self.base = base }
}

/// An address that several threads write to; who shares it keeps the memory alive and their parts disjoint.
package struct SharedMutablePointer<Element>: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Element>
    package init(_ base: UnsafeMutablePointer<Element>) { self.base = base }
}

/// Bytes that belong to one thread at a time, whoever has taken them.
struct SharedBytes: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let count: Int

    init(count: Int) {
        base = .allocate(byteCount: count, alignment: 64)
        self.count = count
    }
}
