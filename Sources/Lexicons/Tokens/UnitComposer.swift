/// Makes unit tuples of what tokens mean.
///
/// A token's tuples, in this order, each with two kinds of pads in its empty slots:
/// 1. for each of its senses, the most telling sememes in all slots but the last, and its longest morpheme there (in
///    the only slot of order 1, the sememe);
/// 2. its morphemes, `order` a tuple; what is too much for one tuple is glued into its last slot, or, where units are few,
///    goes on in further tuples;
/// 3. its mark and capitals, unless it begins a word and has no capitals, as most do.
///
/// Tokens without meaning get a number, written in as many digits as there are slots.
public struct UnitComposer: Sendable {
    /// Which knowledge is used.
    public enum Content: Sendable {
        /// Marks, capitals and morphemes.
        case morphemes
        /// These and the senses' sememes.
        case senses
    }

    /// The form of the tuples.
    public struct Options: Sendable {
        /// Slots of a tuple, at least 1.
        public var order: Int
        /// Units of a slot at most; nil for as many as there are. Small numbers are raised to what the fixed units need.
        public var unitLimit: Int?
        /// Senses of a token that get a tuple at most.
        public var mostSenses: Int
        /// Tuples of a token at most, distinguishing ones apart; nil for as many as it has.
        public var mostTuples: Int?
        /// Which knowledge is used.
        public var content: Content

        /// Options of the given values.
        public init(
            order: Int,
            unitLimit: Int? = nil,
            mostSenses: Int = 4,
            mostTuples: Int? = nil,
            content: Content = .senses
        ) {
            (self.order, self.unitLimit, self.mostSenses) = (max(1, order), unitLimit, mostSenses)
            (self.mostTuples, self.content) = (mostTuples, content)
        }
    }

    private let options: Options
    private let segmenter: MorphemeModel
    /// Morphemes that are units; nil for all.
    private let morphemes: Set<[UInt8]>?
    private let sememeLimit: Int
    private var slots: [[TokenUnit]]
    private var numbers: [[TokenUnit: UInt32]]

    /// Composes the tuples of tokens with the given analyses.
    ///
    /// - Parameters:
    ///   - segmenter: The segmenter of the analyses; where units are few, its most frequent morphemes alone segment anew.
    ///   - frequencies: How frequent each token is, to decide which of two tokens with equal units keeps them.
    public static func tuples(
        of analyses: [TokenAnalysis],
        segmenter: MorphemeModel,
        frequencies: [Double],
        _ options: Options
    ) -> UnitTuples {
        var composer = UnitComposer(analyses, segmenter: segmenter, options)
        return composer.compose(analyses, frequencies)
    }

    private init(_ analyses: [TokenAnalysis], segmenter: MorphemeModel, _ options: Options) {
        self.options = options
        slots = Array(repeating: [], count: options.order)
        numbers = Array(repeating: [:], count: options.order)
        guard let limit = options.unitLimit else {
            (self.segmenter, morphemes, sememeLimit) = (segmenter, nil, .max)
            return
        }
        let numbered = analyses.count { $0.cover == .byte || $0.cover == .special }
        let digits = UnitComposer.digits(for: numbered + analyses.count / 64, order: options.order)
        // Marks, capitals, pads and distinctions.
        let room = max(32, limit - 9 - digits - UnitComposer.distinctions)
        sememeLimit = options.content == .senses ? room / 2 : 0
        let small = segmenter.limited(to: room - sememeLimit)
        var uses: [[UInt8]: Int] = [:]
        for analysis in analyses where analysis.form.kind == .word {
            for part in small.cheapestSegments(of: analysis.form.text) { uses[part, default: 0] += 1 }
        }
        for analysis in analyses where analysis.form.kind == .sign { uses[analysis.form.text, default: 0] += 1 }
        let ordered = uses.sorted { a, b in
            a.value != b.value ? a.value > b.value : a.key.lexicographicallyPrecedes(b.key)
        }
        morphemes = Set(ordered.prefix(room - sememeLimit).map(\.key))
        self.segmenter = small
    }

    /// How many distinguishing units a slot has: with o slots they tell this number to the power of o tokens apart.
    private static let distinctions = 8

    /// The least base in which `count` numbers have `order` digits.
    static func digits(for count: Int, order: Int) -> Int {
        var base = 1
        while true {
            var product = 1
            for _ in 0..<order { product = min(count, product * base) }
            if product >= count { return base }
            base += 1
        }
    }

    private mutating func compose(_ analyses: [TokenAnalysis], _ frequencies: [Double]) -> UnitTuples {
        // Pads are unit 0 and 1 of every slot.
        for slot in 0..<options.order {
            _ = number(.firstPad, slot)
            _ = number(.furtherPad, slot)
        }
        var tuples = analyses.map { analysis in
            let tuples = contents(of: analysis).map { tuple($0) }
            return Array(tuples.prefix(options.mostTuples ?? tuples.count))
        }
        let nameless = tuples.indices.filter { tuples[$0].isEmpty }
        let base = UnitComposer.digits(for: nameless.count, order: options.order)
        for (position, token) in nameless.enumerated() {
            tuples[token] = [numbered(position, base: base) { .identity($0) }]
        }
        let resolved = distinguish(&tuples, frequencies)
        return UnitTuples(slots: slots, tuples: tuples, resolvedCollisions: resolved)
    }

    /// What fills the tuples of a token: empty for tokens without meaning.
    private func contents(of analysis: TokenAnalysis) -> [[TokenUnit]] {
        let form = analysis.form
        guard form.kind == .word || form.kind == .sign else { return [] }
        let isCut = morphemes != nil && form.kind == .word
        var parts = isCut ? segmenter.cheapestSegments(of: form.text) : analysis.morphemes
        if let morphemes { parts = parts.filter { morphemes.contains($0) } }
        var marks: [[TokenUnit]] = []
        let isPlain = form.mark == .begins && form.capitals == .none
        if options.order == 1 {
            marks += isPlain ? [] : [[.mark(form.mark)], [.capitals(form.capitals)]]
        } else if !isPlain {
            marks.append([.mark(form.mark), .capitals(form.capitals)])
        }
        var senses: [[TokenUnit]] = []
        if options.content == .senses {
            for sense in analysis.senses.prefix(options.mostSenses) {
                let kept = zip(sense.sememes, sense.ranks).filter { $0.1 < sememeLimit }
                    .map { TokenUnit.sememe($0.0, lexicon: sense.lexicon) }
                guard !kept.isEmpty else { continue }
                var units = Array(kept.prefix(max(1, options.order - 1)))
                if options.order > units.count, let stem = parts.max(by: { $0.count < $1.count }) {
                    units.append(.morpheme(stem))
                }
                if !senses.contains(units) { senses.append(units) }
            }
        }
        guard !parts.isEmpty || !senses.isEmpty else { return [] }
        return senses + chunks(of: parts) + marks
    }

    /// `order` morphemes a tuple, and what becomes of more.
    private func chunks(of parts: [[UInt8]]) -> [[TokenUnit]] {
        let order = options.order
        guard parts.count > order, options.unitLimit == nil else {
            return stride(from: 0, to: parts.count, by: order).map { start in
                parts[start..<min(start + order, parts.count)].map { .morpheme($0) }
            }
        }
        return [parts.prefix(order - 1).map { .morpheme($0) } + [.morpheme(Array(parts.dropFirst(order - 1).joined()))]]
    }

    private mutating func tuple(_ units: [TokenUnit]) -> [UInt32] {
        (0..<options.order).map { slot in
            if slot < units.count { return number(units[slot], slot) }
            return number(slot == units.count ? .firstPad : .furtherPad, slot)
        }
    }

    private mutating func numbered(_ value: Int, base: Int, _ unit: (Int) -> TokenUnit) -> [UInt32] {
        var rest = value
        return (0..<options.order).map { slot in
            defer { rest /= max(1, base) }
            return number(unit(rest % max(1, base)), slot)
        }
    }

    private mutating func number(_ unit: TokenUnit, _ slot: Int) -> UInt32 {
        if let number = numbers[slot][unit] { return number }
        let number = UInt32(slots[slot].count)
        numbers[slot][unit] = number
        slots[slot].append(unit)
        return number
    }

    /// Gives every token but the most frequent one of those with equal units one more tuple; returns how many.
    private mutating func distinguish(_ tuples: inout [[[UInt32]]], _ frequencies: [Double]) -> Int {
        var groups: [[[UInt32]]: [Int]] = [:]
        for token in tuples.indices { groups[tuples[token], default: []].append(token) }
        var resolved = 0
        for group in groups.values.filter({ $0.count > 1 }).sorted(by: { $0[0] < $1[0] }) {
            let ordered = group.sorted { a, b in
                let (x, y) = (
                    frequencies.indices.contains(a) ? frequencies[a] : 0,
                    frequencies.indices.contains(b) ? frequencies[b] : 0
                )
                return x != y ? x > y : a < b
            }
            for (position, token) in ordered.enumerated().dropFirst() {
                resolved += 1
                var rest = position
                // Further tuples where one does not have digits enough.
                repeat {
                    tuples[token].append(numbered(rest, base: UnitComposer.distinctions) { .distinction($0) })
                    for _ in 0..<options.order { rest /= UnitComposer.distinctions }
                } while rest > 0
            }
        }
        return resolved
    }
}
