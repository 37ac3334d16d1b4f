import Foundation

/// `value` to four decimal places, and below 0.1 to four significant digits: small divergences are not 0.
func shortFigure(_ value: Double) -> String {
    let size = abs(value)
    guard size.isFinite, size < 1e12, size > 1e-30 else { return String(value) }
    let scale = size >= 0.1 ? 1e4 : pow(10, 3 - floor(log10(size)))
    return String((value * scale).rounded() / scale)
}
