/// The steps that the hand-written patterns share, over one range of a text.
struct WordScanner: ~Escapable {
    /// What patterns tell apart.
    enum Kind {
        case letter, number, space, other
    }

    private let text: Span<UInt8>
    private let classes = ScalarClass.Table()
    /// Where the range ends: look-ahead sees no further.
    let end: Int

    @_lifetime(copy text)
    init(_ text: Span<UInt8>, _ range: Range<Int>) {
        self.text = text
        end = range.upperBound
    }

    @inline(__always)
    static func kind(_ scalarClass: ScalarClass) -> Kind {
        if scalarClass.contains(.letter) { return .letter }
        if scalarClass.contains(.space) { return .space }
        return scalarClass.contains(.number) ? .number : .other
    }

    /// The scalar at `offset`, its class, and its length in bytes.
    @inline(__always)
    func scalar(at offset: Int) -> (value: UInt32, scalarClass: ScalarClass, length: Int) {
        let scalar = text.scalar(at: offset)
        return (scalar.value, classes[scalar.value], scalar.length)
    }

    @inline(__always)
    func isNewline(at offset: Int) -> Bool { text[offset] == 0x0A || text[offset] == 0x0D }

    /// The end of the characters of `kind` from `start` on.
    @inline(__always)
    func endOfRun(_ start: Int, of kind: Kind) -> Int {
        var offset = start
        while offset < end {
            let scalar = scalar(at: offset)
            guard WordScanner.kind(scalar.scalarClass) == kind else { break }
            offset += scalar.length
        }
        return offset
    }

    /// The end of the white space from `start` on that is one match: with `preferringNewline` through its last newline;
    /// otherwise all of it at the end of the range, and all but its last character (or that one alone) before a word.
    @inline(__always)
    func endOfSpaces(_ start: Int, preferringNewline: Bool = false) -> Int {
        var offset = start
        var lastStart = start
        var afterNewline = start
        while offset < end {
            let scalar = scalar(at: offset)
            guard scalar.scalarClass.contains(.space) else { break }
            lastStart = offset
            offset += scalar.length
            if scalar.value == 0x0A || scalar.value == 0x0D { afterNewline = offset }
        }
        if preferringNewline, afterNewline > start { return afterNewline }
        return offset == end || lastStart == start ? offset : lastStart
    }

    /// The end of `s`, `t`, `re`, `ve`, `m`, `ll` or `d` at `start`, which follows an apostrophe.
    @inline(__always)
    func endOfContraction(_ start: Int, ignoresCase: Bool) -> Int? {
        guard start < end else { return nil }
        let fold: UInt8 = ignoresCase ? 0x20 : 0
        switch text[start] | fold {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 1
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return start + 1 < end && text[start + 1] | fold == UInt8(ascii: "e") ? start + 2 : nil
        case UInt8(ascii: "l"):
            return start + 1 < end && text[start + 1] | fold == UInt8(ascii: "l") ? start + 2 : nil
        case 0xE5 where ignoresCase && start + 1 < end && text[start] == 0xC5 && text[start + 1] == 0xBF:
            // U+017F, the long s, is an s to a pattern that ignores case.
            return start + 2
        default: return nil
        }
    }
}
