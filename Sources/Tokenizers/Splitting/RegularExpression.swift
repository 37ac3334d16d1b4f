import Foundation

/// A regular expression that has no hand-written scanner, carried out by Foundation: correct, and slower.
struct RegularExpression: TextPattern {
    private let expression: NSRegularExpression

    /// - Parameter pattern: in the dialect of Hugging Face's tokenizers (Oniguruma); `\s` means Unicode white space.
    init(_ pattern: String, place: String) throws(TokenizerError) {
        do {
            expression = try NSRegularExpression(pattern: RegularExpression.translated(pattern))
        } catch {
            throw .unsupported(place, "the regular expression \"\(pattern)\" cannot be read")
        }
    }

    /// The pattern with `\s` and `\S` spelt as the property White_Space, which has two characters more in ICU.
    private static func translated(_ pattern: String) -> String {
        var result = ""
        var isEscaped = false
        for scalar in pattern.unicodeScalars {
            if isEscaped {
                switch scalar {
                case "s": result += "p{White_Space}"
                case "S": result += "P{White_Space}"
                default: result.unicodeScalars.append(scalar)
                }
                isEscaped = false
            } else {
                result.unicodeScalars.append(scalar)
                isEscaped = scalar == "\\"
            }
        }
        return result
    }

    func appendMatches(in text: [UInt8], _ range: Range<Int>, to matches: inout [Range<Int>]) {
        let string = String(decoding: text[range], as: UTF8.self)
        // Matches come in UTF-16 offsets and in order: one walk over the text translates them all.
        var walk = (utf16: 0, utf8: range.lowerBound)
        func utf8Offset(_ target: Int) -> Int {
            while walk.utf16 < target, walk.utf8 < range.upperBound {
                let scalar = text.span.scalar(at: walk.utf8)
                walk.utf8 += scalar.length
                walk.utf16 += scalar.value > 0xFFFF ? 2 : 1
            }
            return walk.utf8
        }
        for result in expression.matches(in: string, range: NSRange(location: 0, length: string.utf16.count)) {
            guard result.range.length > 0 else { continue }
            let start = utf8Offset(result.range.location)
            matches.append(start..<utf8Offset(result.range.location + result.range.length))
        }
    }
}
