extension Int {
    /// The product, or nil where it leaves the range of `Int`.
    public func multiplied(exactlyBy other: Int) -> Int? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }

    /// The sum, or nil where it leaves the range of `Int`.
    public func adding(exactly other: Int) -> Int? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    /// The least multiple of `alignment` that is not below this; nil on overflow or where `alignment` is not positive.
    public func aligned(to alignment: Int) -> Int? {
        guard alignment > 0, self >= 0 else { return nil }
        let excess = self % alignment
        return excess == 0 ? self : adding(exactly: alignment - excess)
    }
}
