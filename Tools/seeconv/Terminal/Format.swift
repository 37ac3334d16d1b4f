import Foundation

/// Numbers as people read them.
enum Format {
    /// Bytes in the largest decimal unit that keeps the figure above 1.
    static func bytes(_ count: Int) -> String {
        scaled(Double(count), units: ["B", "kB", "MB", "GB", "TB"])
    }

    /// A count with thousands separated.
    static func count(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// Seconds as `12 s`, `3 min 05 s` or `2 h 10 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e7 else { return "?" }
        if seconds < 10 { return "\(decimal(seconds, places: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
        return "\(whole / 3600) h \(padded(whole / 60 % 60)) min"
    }

    /// A number with a fixed count of decimal places, whatever the locale.
    static func decimal(_ value: Double, places: Int) -> String {
        String(format: "%.\(places)f", value)
    }

    /// A number to five significant digits, in powers of ten where it is very large or small.
    static func significant(_ value: Double) -> String { String(format: "%.5g", value) }

    /// A number to three significant digits, in powers of ten where it is very large or small.
    static func short(_ value: Double) -> String { String(format: "%.3g", value) }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    private static func scaled(_ value: Double, units: [String]) -> String {
        var value = value
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(Int(value)) \(units[0])" : "\(decimal(value, places: value < 10 ? 2 : 1)) \(units[unit])"
    }
}
