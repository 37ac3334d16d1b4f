import LinearAlgebra
import Synchronization

/// The axes along which a matrix is coded, made of its reflections when they are first asked for: a head reads the
/// reflections themselves, and does without this square matrix.
final class CodedAxes: Sendable {
    private let model: ResidualModel
    private let known: Mutex<Matrix?>

    /// The axes of `model`, or what they are already known to be.
    init(of model: ResidualModel, _ basis: Matrix? = nil) {
        self.model = model
        known = Mutex(basis)
    }

    /// The axes that have coefficients, one a row.
    var basis: Matrix {
        known.withLock { known in
            let basis = known ?? model.reflections.basis(of: model.codedAxes)
            known = basis
            return basis
        }
    }
}
