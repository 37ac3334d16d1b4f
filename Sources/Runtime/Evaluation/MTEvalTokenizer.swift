/// The tokenizer of NIST's `mteval-v13a`, in sacrebleu's form: signs become words of their own, but for those inside
/// numbers and between letters.
enum MTEvalTokenizer {
    /// The words of `line`.
    static func words(of line: String) -> [[Unicode.Scalar]] {
        var text = Array(line.unicodeScalars)
        while let last = text.last, isSpace(last) { text.removeLast() }
        text = replacing("<skipped>", in: text, by: "")
        text = replacing("-\n", in: text, by: "")
        text = replacing("\n", in: text, by: " ")
        if text.contains("&") {
            for (name, sign) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
                text = replacing(name, in: text, by: sign)
            }
        }
        text = [" "] + text + [" "]
        text = text.flatMap { isSign($0) ? [" ", $0, " "] : [$0] }
        // Each rule reads the text from left to right, and what it has matched is not matched again.
        text = pairs(in: text) {
            !isDigit($0) && isPoint($1)
        } replacement: {
            [$0, " ", $1, " "]
        }
        text = pairs(in: text) {
            isPoint($0) && !isDigit($1)
        } replacement: {
            [" ", $0, " ", $1]
        }
        text = pairs(in: text) {
            isDigit($0) && $1 == "-"
        } replacement: {
            [$0, " ", $1, " "]
        }
        return text.split(whereSeparator: isSpace).map { Array($0) }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    /// `{`–`~`, `[`–`` ` ``, space–`&`, `(`–`+`, `:`–`@` and `/`.
    private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7B...0x7E, 0x5B...0x60, 0x20...0x26, 0x28...0x2B, 0x3A...0x40, 0x2F: true
        default: false
        }
    }

    /// What Python's `str.split` divides at.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    private static func pairs(
        in text: [Unicode.Scalar],
        _ matches: (Unicode.Scalar, Unicode.Scalar) -> Bool,
        replacement: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count + 8)
        var place = 0
        while place < text.count {
            if place + 1 < text.count, matches(text[place], text[place + 1]) {
                result += replacement(text[place], text[place + 1])
                place += 2
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }

    private static func replacing(_ old: String, in text: [Unicode.Scalar], by new: String) -> [Unicode.Scalar] {
        let pattern = Array(old.unicodeScalars)
        var result: [Unicode.Scalar] = []
        var place = 0
        while place < text.count {
            if text[place...].starts(with: pattern) {
                result += Array(new.unicodeScalars)
                place += pattern.count
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }
}
