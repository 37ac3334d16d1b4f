import Foundation

/// `value` to four decimal places; below 0.1 to four significant digits, so that small divergences are not 0, and just below
/// 1 to two digits of what is missing, so that high cosines are not 1.
func shortFigure(_ value: Double) -> String {
    let size = abs(value)
    guard size.isFinite, size < 1e12, size > 1e-30 else { return String(value) }
    let scale =
        size < 0.1
        ? pow(10, 3 - floor(log10(size)))
        : size < 1 ? min(1e12, max(1e4, pow(10, 1 - floor(log10(1 - size))))) : 1e4
    return String((value * scale).rounded() / scale)
}
