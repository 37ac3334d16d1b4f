/// GPT-2's pattern: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
///
/// It covers every text, so each match begins where the one before ends.
struct GPT2Pattern: TextPattern {
    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>]) {
        let scanner = WordScanner(text.span, range)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = GPT2Pattern.endOfMatch(scanner, start)
            matches.append(start..<end)
            start = end
        }
    }

    @inline(__always)
    private static func endOfMatch(_ scanner: borrowing WordScanner, _ start: Int) -> Int {
        let first = scanner.scalar(at: start)
        if first.value == UInt32(UInt8(ascii: "'")),
            let end = scanner.endOfContraction(start + 1, ignoresCase: false)
        {
            return end
        }
        var offset = start
        var kind = WordScanner.kind(first.scalarClass)
        if first.value == 0x20, start + 1 < scanner.end {
            let second = WordScanner.kind(scanner.scalar(at: start + 1).scalarClass)
            if second != .space {
                offset = start + 1
                kind = second
            }
        }
        guard kind == .space else { return scanner.endOfRun(offset, of: kind) }
        return scanner.endOfSpaces(start)
    }
}
