import TensorFile

/// What a tensor's values are like: extremes, moments and counts, from one pass over its bytes.
public struct TensorStatistics: Hashable, Sendable {
    /// Number of values.
    public private(set) var count = 0
    /// Values that are exactly zero, of either sign.
    public private(set) var zeros = 0
    /// Values that are no numbers.
    public private(set) var nans = 0
    /// Infinite values.
    public private(set) var infinities = 0
    /// The least finite value; nil where there is none.
    public private(set) var minimum: Double?
    /// The greatest finite value; nil where there is none.
    public private(set) var maximum: Double?
    /// The mean of the finite values; 0 where there is none.
    public private(set) var mean = 0.0
    /// The sum of the finite values' squared distances from their mean.
    private var squares = 0.0

    /// Finite values.
    public var finiteCount: Int { count - nans - infinities }
    /// The standard deviation of the finite values (divided by their number).
    public var standardDeviation: Double { finiteCount > 0 ? (squares / Double(finiteCount)).squareRoot() : 0 }

    /// Statistics of no values.
    public init() {}

    /// Statistics of `values`.
    public init(of values: [Double]) {
        count = values.count
        var (sum, low, high) = (0.0, Double.infinity, -Double.infinity)
        for value in values {
            if value.isFinite {
                sum += value
                low = min(low, value)
                high = max(high, value)
                if value == 0 { zeros += 1 }
            } else if value.isNaN {
                nans += 1
            } else {
                infinities += 1
            }
        }
        guard finiteCount > 0 else { return }
        (minimum, maximum) = (low, high)
        mean = sum / Double(finiteCount)
        for value in values where value.isFinite { squares += (value - mean) * (value - mean) }
    }

    /// Statistics of the values of `tensor`, read in pieces on all threads. Complex tensors are refused.
    public init(of tensor: TensorDescriptor, in source: any TensorSource) throws {
        for part in try TensorScan(tensor, in: source).map({ TensorStatistics(of: $0) }) { add(part) }
    }

    /// Takes in the statistics of further values (Chan, Golub and LeVeque 1979: moments of a union from those of its parts).
    public mutating func add(_ other: TensorStatistics) {
        let (mine, theirs) = (Double(finiteCount), Double(other.finiteCount))
        if theirs > 0 {
            let distance = other.mean - mean
            squares += other.squares + distance * distance * mine * theirs / (mine + theirs)
            mean += distance * theirs / (mine + theirs)
            minimum = min(minimum ?? .infinity, other.minimum ?? .infinity)
            maximum = max(maximum ?? -.infinity, other.maximum ?? -.infinity)
        }
        count += other.count
        zeros += other.zeros
        nans += other.nans
        infinities += other.infinities
    }
}
