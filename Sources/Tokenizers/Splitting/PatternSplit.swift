/// Finds matches in a text.
protocol TextPattern: Sendable {
    /// Appends the matches in `text[range]`, in order, not empty and not overlapping.
    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>])
}

/// Splits at the matches of a pattern.
struct PatternSplit: PreTokenizer {
    /// What becomes of the matches, in the names of Hugging Face's tokenizers.
    enum Behaviour: String, Sendable {
        /// They are dropped.
        case removed = "Removed"
        /// Each is a word.
        case isolated = "Isolated"
        /// Each ends the word before it.
        case mergedWithPrevious = "MergedWithPrevious"
        /// Each begins the word after it.
        case mergedWithNext = "MergedWithNext"
        /// Neighbouring ones are one word.
        case contiguous = "Contiguous"
    }

    var pattern: any TextPattern
    var behaviour: Behaviour = .isolated
    /// Whether what lies between the matches counts as the matches.
    var isInverted = false

    private struct Segment {
        var range: Range<Int>
        var isMatch: Bool
    }

    func split(_ text: inout SplitText) {
        var words: [Range<Int>] = []
        words.reserveCapacity(max(text.words.count, text.bytes.count / 4))
        var matches: [Range<Int>] = []
        for word in text.words {
            matches.removeAll(keepingCapacity: true)
            pattern.appendMatches(in: text.bytes, word, to: &matches)
            if behaviour == .isolated {
                appendAll(matches, in: word, to: &words)
            } else {
                append(segments(matches, in: word), to: &words)
            }
        }
        text.words = words
    }

    /// Matches and what lies between them alike.
    private func appendAll(_ matches: [Range<Int>], in word: Range<Int>, to words: inout [Range<Int>]) {
        var offset = word.lowerBound
        for match in matches {
            if offset < match.lowerBound { words.append(offset..<match.lowerBound) }
            words.append(match)
            offset = match.upperBound
        }
        if offset < word.upperBound { words.append(offset..<word.upperBound) }
    }

    private func segments(_ matches: [Range<Int>], in word: Range<Int>) -> [Segment] {
        var segments: [Segment] = []
        var offset = word.lowerBound
        for match in matches {
            if offset < match.lowerBound {
                segments.append(Segment(range: offset..<match.lowerBound, isMatch: isInverted))
            }
            segments.append(Segment(range: match, isMatch: !isInverted))
            offset = match.upperBound
        }
        if offset < word.upperBound {
            segments.append(Segment(range: offset..<word.upperBound, isMatch: isInverted))
        }
        return segments
    }

    private func append(_ segments: [Segment], to words: inout [Range<Int>]) {
        let start = words.count
        var previous: Segment?
        for segment in segments {
            defer { previous = segment }
            let joins =
                switch behaviour {
                case .removed, .isolated: false
                case .mergedWithPrevious: segment.isMatch && previous?.isMatch == false
                case .mergedWithNext: !segment.isMatch && previous?.isMatch == true
                case .contiguous: segment.isMatch == previous?.isMatch
                }
            if behaviour == .removed, segment.isMatch { continue }
            if joins, words.count > start {
                words[words.count - 1] = words[words.count - 1].lowerBound..<segment.range.upperBound
            } else {
                words.append(segment.range)
            }
        }
    }
}

/// A fixed text.
struct LiteralPattern: TextPattern {
    var text: [UInt8]

    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>]) {
        guard let first = self.text.first else { return }
        let bytes = text.span
        var offset = range.lowerBound
        while offset + self.text.count <= range.upperBound {
            if bytes[offset] == first, bytes.hasPrefix(self.text, at: offset) {
                matches.append(offset..<offset + self.text.count)
                offset += self.text.count
            } else {
                offset += 1
            }
        }
    }
}

/// Characters of some kinds: one by one, or in runs of a least and a greatest length.
struct CharacterRunPattern: TextPattern {
    /// Which characters.
    enum Kind: Sendable {
        /// General category N.
        case number
        /// 0 to 9.
        case digit
        /// General category P and the ASCII symbols.
        case punctuation
        /// White space.
        case space
        /// Everything else than white space.
        case visible
        /// A space.
        case blank
    }

    var kind: Kind
    var least = 1
    var greatest = Int.max

    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>]) {
        let bytes = text.span
        let classes = ScalarClass.Table()
        var offset = range.lowerBound
        while offset < range.upperBound {
            var end = offset
            var count = 0
            var length = 1
            while end < range.upperBound, count < greatest {
                let scalar = bytes.scalar(at: end)
                length = scalar.length
                guard contains(scalar.value, classes) else { break }
                end += length
                count += 1
            }
            if count > 0, count >= least {
                matches.append(offset..<end)
                offset = end
            } else {
                // A run that is too short is passed as a whole, with the character that ended it.
                offset = max(end, offset)
                if end < range.upperBound { offset += length }
            }
        }
    }

    @inline(__always)
    private func contains(_ value: UInt32, _ classes: ScalarClass.Table) -> Bool {
        switch kind {
        case .number: classes[value].contains(.number)
        case .digit: value >= 0x30 && value <= 0x39
        case .punctuation: classes.isPunctuation(value)
        case .space: classes[value].contains(.space)
        case .visible: !classes[value].contains(.space)
        case .blank: value == 0x20
        }
    }
}

/// `\w+|[^\w\s]+`: words, and runs of anything else that is visible.
struct WordRunPattern: TextPattern {
    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>]) {
        let bytes = text.span
        let classes = ScalarClass.Table()
        var start = range.lowerBound
        var offset = start
        var kind: ScalarClass = []
        while offset < range.upperBound {
            let scalar = bytes.scalar(at: offset)
            let next = classes[scalar.value].intersection([.word, .space])
            let nextKind: ScalarClass = next.contains(.word) ? .word : next
            if nextKind != kind {
                if start < offset, kind != .space { matches.append(start..<offset) }
                start = offset
                kind = nextKind
            }
            offset += scalar.length
        }
        if start < range.upperBound, kind != .space { matches.append(start..<range.upperBound) }
    }
}
