import Checkpoints
import TensorFile

extension Workspace {
    /// The table to work on: the one of the given name, or the first of those to factorize.
    func chosenTable(named name: String?) throws -> FoundTable {
        let tables = manifest.tables.filter(\.isChosen)
        if let found = tables.first(where: { name == nil || $0.name == name || $0.tensor.name == name }) {
            return found
        }
        throw TensorFileError(
            .missing,
            file: path,
            place: "--table \(name ?? "")",
            cause: "the workspace has no such table to factorize",
            remedy: "name one of \(tables.map(\.name).joined(separator: ", "))"
        )
    }
}
