/// What keeps a factorization from being computed.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
    /// A pivot of the Cholesky factorization was not positive: the matrix is singular or indefinite.
    case notPositiveDefinite(pivot: Int)
    /// An element was infinite or not a number.
    case notFinite
    /// The iteration for an eigenvalue did not settle.
    case noConvergence

    /// One line for a person.
    public var description: String {
        switch self {
        case .notPositiveDefinite(let pivot):
            "the matrix is not positive definite (pivot \(pivot)); add to its diagonal"
        case .notFinite: "the matrix holds an infinite element or one that is not a number"
        case .noConvergence: "the eigenvalue iteration did not converge"
        }
    }
}
