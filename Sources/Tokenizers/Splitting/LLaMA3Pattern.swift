/// LLaMA-3's pattern and its relatives (Qwen-2 takes digits one by one, Qwen-3.5 counts marks as letters):
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
///
/// It covers every text, so each match begins where the one before ends.
struct LLaMA3Pattern: TextPattern {
    /// The most digits in a match.
    var digits: Int
    /// Whether marks (general category M) count as letters.
    var joinsMarks = false

    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>]) {
        let scanner = WordScanner(text.span, range)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = endOfMatch(scanner, start)
            matches.append(start..<end)
            start = end
        }
    }

    @inline(__always)
    private func kind(_ scalarClass: ScalarClass) -> WordScanner.Kind {
        joinsMarks && scalarClass.contains(.mark) ? .letter : WordScanner.kind(scalarClass)
    }

    @inline(__always)
    private func endOfMatch(_ scanner: borrowing WordScanner, _ start: Int) -> Int {
        let first = scanner.scalar(at: start)
        if first.value == UInt32(UInt8(ascii: "'")),
            let end = scanner.endOfContraction(start + 1, ignoresCase: true)
        {
            return end
        }
        let kind = kind(first.scalarClass)
        if kind == .letter { return endOfLetters(scanner, start) }
        if kind == .number { return endOfDigits(scanner, start) }
        let second = start + first.length
        let isNewline = first.value == 0x0A || first.value == 0x0D
        if second < scanner.end {
            let next = self.kind(scanner.scalar(at: second).scalarClass)
            // A mark that counts as a letter may not be the optional character before the letters, but is one itself.
            if next == .letter, !isNewline { return endOfLetters(scanner, second) }
            if first.value == 0x20, next == .other { return endOfOther(scanner, second) }
        }
        return kind == .other ? endOfOther(scanner, start) : scanner.endOfSpaces(start, preferringNewline: true)
    }

    @inline(__always)
    private func endOfLetters(_ scanner: borrowing WordScanner, _ start: Int) -> Int {
        var end = start
        while end < scanner.end {
            let scalar = scanner.scalar(at: end)
            guard kind(scalar.scalarClass) == .letter else { break }
            end += scalar.length
        }
        return end
    }

    @inline(__always)
    private func endOfDigits(_ scanner: borrowing WordScanner, _ start: Int) -> Int {
        var end = start
        var count = 0
        while end < scanner.end, count < digits {
            let scalar = scanner.scalar(at: end)
            guard kind(scalar.scalarClass) == .number else { break }
            end += scalar.length
            count += 1
        }
        return end
    }

    @inline(__always)
    private func endOfOther(_ scanner: borrowing WordScanner, _ start: Int) -> Int {
        var end = start
        while end < scanner.end {
            let scalar = scanner.scalar(at: end)
            guard kind(scalar.scalarClass) == .other else { break }
            end += scalar.length
        }
        while end < scanner.end, scanner.isNewline(at: end) { end += 1 }
        return end
    }
}
