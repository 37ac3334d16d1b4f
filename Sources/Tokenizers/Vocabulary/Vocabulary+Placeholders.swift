extension Vocabulary {
    /// Whether token `id` is kept free for later use: its kind says so, or its name does (`[unused7]`,
    /// `<|reserved_special_token_7|>`, `<extra_id_7>`), or it is empty.
    /// - Precondition: `id` is in `0..<count`.
    public func isPlaceholder(_ id: Int) -> Bool {
        let piece = piece(id)
        if kind(id) == .unused || piece.isEmpty { return true }
        guard let first = piece.first, let last = piece.last,
            [[UInt8(ascii: "["), UInt8(ascii: "]")], [UInt8(ascii: "<"), UInt8(ascii: ">")]].contains([first, last])
        else { return false }
        var name = piece.dropFirst().dropLast().filter { $0 != UInt8(ascii: "|") }
        while let end = name.last, (0x30...0x39).contains(end) { name.removeLast() }
        return [
            "unused", "unused_", "reserved_special_token_", "extra_id_", "reserved", "reserved_", "dummy", "dummy_",
        ]
        .contains { name.elementsEqual($0.utf8) }
    }
}
