import TensorFile

/// Tensors of one type and shape whose names differ only in numbers, such as a matrix of every layer: a line of a listing.
public struct TensorGroup: Hashable, Sendable {
    /// The names' common form, with `*` where they differ; the name itself where there is one tensor.
    public let name: String
    /// The tensors' type.
    public let type: ElementType
    /// The tensors' shape, outermost dimension first.
    public let shape: [Int]
    /// How many tensors there are.
    public private(set) var count: Int
    /// Bytes of all of them.
    public private(set) var byteCount: Int

    /// The groups of `tensors`, in the order in which each first appears.
    public static func groups(of tensors: [TensorDescriptor]) -> [TensorGroup] {
        struct Key: Hashable {
            let pattern: TensorName
            let type: ElementType
            let shape: [Int]
        }
        var places: [Key: Int] = [:]
        var groups: [TensorGroup] = []
        for tensor in tensors {
            let pattern = starred(tensor.name)
            let key = Key(pattern: TensorName(pattern), type: tensor.type, shape: tensor.shape)
            if let place = places[key] {
                // The second member gives the group its form.
                if groups[place].count == 1 { groups[place] = groups[place].renamed(pattern) }
                groups[place].count += 1
                groups[place].byteCount += tensor.byteCount
            } else {
                places[key] = groups.count
                groups.append(
                    TensorGroup(
                        name: tensor.name,
                        type: tensor.type,
                        shape: tensor.shape,
                        count: 1,
                        byteCount: tensor.byteCount
                    )
                )
            }
        }
        return groups
    }

    private func renamed(_ name: String) -> TensorGroup {
        TensorGroup(name: name, type: type, shape: shape, count: count, byteCount: byteCount)
    }

    /// The name with every dotted part that is a number replaced by `*`.
    private static func starred(_ name: String) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false)
            .map { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "*" : String($0) }
            .joined(separator: ".")
    }
}
