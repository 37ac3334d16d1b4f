extension VerificationReport {
    /// The gates as a JUnit file, a test case each, for the test view of a CI system.
    public var junit: String {
        let failures = gates.count { !$0.isPassed }
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuite name=\"seeconv verify\" tests=\"\(gates.count)\" failures=\"\(failures)\">",
        ]
        for gate in gates {
            let head =
                "  <testcase classname=\"\(escapedForMarkup(candidate))\" name=\"\(escapedForMarkup(gate.name))\""
            if gate.isPassed {
                lines.append(head + "/>")
            } else {
                lines.append(head + "><failure message=\"\(escapedForMarkup(gate.description))\"/></testcase>")
            }
        }
        return (lines + ["</testsuite>", ""]).joined(separator: "\n")
    }
}

extension Gate: CustomStringConvertible {
    /// The gate with its figure and bound.
    public var description: String {
        "\(name) \(shortFigure(value)) \(isPassed ? "is" : "is not") \(direction == .atLeast ? "≥" : "≤") \(shortFigure(bound))"
    }
}

/// `text` with the characters that XML and HTML reserve written as entities; control characters are left out.
func escapedForMarkup(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        case _ where scalar.properties.generalCategory == .control: continue
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
