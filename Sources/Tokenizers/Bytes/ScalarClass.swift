/// What tokenizers ask of a scalar, as a set of bits from one table.
struct ScalarClass: OptionSet, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// General category L.
    static let letter = ScalarClass(rawValue: 1)
    /// General category N.
    static let number = ScalarClass(rawValue: 2)
    /// The property White_Space: the `\s` of Oniguruma and Rust.
    static let space = ScalarClass(rawValue: 4)
    /// General category P.
    static let punctuation = ScalarClass(rawValue: 8)
    /// General category Mn.
    static let nonspacingMark = ScalarClass(rawValue: 16)
    /// General categories Cc, Cf and Co: what BERT's cleaning calls control.
    static let control = ScalarClass(rawValue: 32)
    /// `\w`: Alphabetic, M, Nd, Pc, Join_Control.
    static let word = ScalarClass(rawValue: 64)
    /// General category M.
    static let mark = ScalarClass(rawValue: 128)
    /// Punctuation, a mark or control that was assigned after Unicode 8.
    static let recent = ScalarClass(rawValue: 256)

    /// The class of the scalar `value`; empty for a value that is no scalar.
    @inline(__always)
    init(_ value: UInt32) {
        let table = ScalarClass.table
        self = value < UInt32(table.count) ? table[Int(value)] : ScalarClass(computing: value)
    }

    /// Planes 0 and 1: all but rare ideographs. Filled at first use, in a few milliseconds.
    private static let table: [ScalarClass] = (0..<0x20000).map { ScalarClass(computing: $0) }

    private init(computing value: UInt32) {
        guard let scalar = Unicode.Scalar(value) else {
            self = []
            return
        }
        let properties = scalar.properties
        // Only what a category leaves open is asked for: the table has 131,072 entries.
        var result: ScalarClass = []
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            result = [.letter, .word]
        case .decimalNumber: result = [.number, .word]
        case .letterNumber, .otherNumber: result = properties.isAlphabetic ? [.number, .word] : .number
        case .otherSymbol: result = properties.isAlphabetic ? .word : []
        case .connectorPunctuation: result = [.punctuation, .word]
        case .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            result = .punctuation
        case .nonspacingMark: result = [.mark, .nonspacingMark, .word]
        case .spacingMark, .enclosingMark: result = [.mark, .word]
        case .control, .format, .privateUse: result = properties.isJoinControl ? [.control, .word] : .control
        default: break
        }
        switch properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: result.insert(.space)
        case .control where properties.isWhitespace: result.insert(.space)
        default: break
        }
        if !result.isDisjoint(with: [.punctuation, .mark, .control]), let age = properties.age, age.major > 8 {
            result.insert(.recent)
        }
        self = result
    }
}

extension ScalarClass {
    /// The classes of planes 0 and 1, taken hold of once before a loop.
    struct Table {
        private let classes = ScalarClass.table

        /// The class of the scalar `value`.
        @inline(__always)
        subscript(value: UInt32) -> ScalarClass {
            value < 0x20000 ? classes[Int(value)] : ScalarClass(computing: value)
        }

        /// Punctuation as BERT sees it: general category P in Unicode 8, which Hugging Face's tokenizers carry, and
        /// the ASCII symbols.
        @inline(__always)
        func isPunctuation(_ value: UInt32) -> Bool {
            let scalarClass = self[value]
            if scalarClass.contains(.punctuation) { return !scalarClass.contains(.recent) }
            switch value {
            case 0x24, 0x2B, 0x3C...0x3E, 0x5E, 0x60, 0x7C, 0x7E: return true
            default: return false
            }
        }
    }
}
