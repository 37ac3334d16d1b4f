/// BERT's basic cleaning: control characters go, white space becomes a space, ideographs stand alone, accents and letter
/// case go. Categories are those of Unicode 8, which Hugging Face's tokenizers carry: younger marks stay.
struct BertNormalizer: Normalizer {
    let cleansText: Bool
    let isolatesIdeographs: Bool
    let stripsAccents: Bool
    let lowercases: Bool
    /// What becomes of the scalars below `tableEnd`, so that European text never leaves this table.
    private var table: [[UInt8]]

    private static let tableEnd: UInt32 = 0x250

    init(cleansText: Bool = true, isolatesIdeographs: Bool = true, stripsAccents: Bool? = nil, lowercases: Bool = true)
    {
        self.cleansText = cleansText
        self.isolatesIdeographs = isolatesIdeographs
        self.stripsAccents = stripsAccents ?? lowercases
        self.lowercases = lowercases
        self.table = []
        var table: [[UInt8]] = []
        for value in 0..<BertNormalizer.tableEnd {
            var text: [UInt8] = []
            appendComputed([value], to: &text)
            table.append(text)
        }
        self.table = table
    }

    func normalize(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 8)
        let bytes = text.span
        // Scalars beyond the table wait here: decomposition is called on runs of them.
        var run: [UInt32] = []
        var offset = 0
        while offset < bytes.count {
            let scalar = bytes.scalar(at: offset)
            offset += scalar.length
            guard scalar.value < BertNormalizer.tableEnd else {
                run.append(scalar.value)
                continue
            }
            if !run.isEmpty {
                appendComputed(run, to: &result)
                run.removeAll(keepingCapacity: true)
            }
            let mapped = table[Int(scalar.value)]
            if mapped.count == 1 { result.append(mapped[0]) } else { result.append(contentsOf: mapped) }
        }
        appendComputed(run, to: &result)
        return result
    }

    /// Appends what becomes of a run of scalars that no neighbour outside it changes.
    private func appendComputed(_ run: [UInt32], to text: inout [UInt8]) {
        var cleaned: [UInt8] = []
        for value in run {
            let scalarClass = ScalarClass(value)
            if cleansText {
                let isBlank = value == 0x09 || value == 0x0A || value == 0x0D || scalarClass.contains(.space)
                let isDropped =
                    value == 0 || value == 0xFFFD || scalarClass.contains(.control) && !scalarClass.contains(.recent)
                if isDropped, !(value == 0x09 || value == 0x0A || value == 0x0D) { continue }
                if isBlank {
                    cleaned.append(0x20)
                    continue
                }
            }
            let stands = isolatesIdeographs && BertNormalizer.isIdeograph(value)
            if stands { cleaned.append(0x20) }
            cleaned.append(scalar: value)
            if stands { cleaned.append(0x20) }
        }
        if stripsAccents {
            let stripping = AccentStripping(removed: .nonspacingMark, kept: .recent)
            cleaned = stripping.normalize(UnicodeNormalizer.decomposed.normalize(cleaned))
        }
        if lowercases { cleaned = Lowercasing().normalize(cleaned) }
        text.append(contentsOf: cleaned)
    }

    /// The blocks that BERT calls Chinese characters.
    private static func isIdeograph(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
