import Checkpoints
import LinearAlgebra
import Runtime
import TensorFile
import Transformer

/// The student of a workspace beside its teacher: the same model, once with what the workspace holds and once as its source
/// is.
final class Student {
    let model: any DistillationModel
    let teacher: any DistillationModel
    /// The vocabulary tables that train.
    let tables: [StudentTable]
    /// What the workspace held when the training began.
    let description: FactoredDescription
    /// What trains.
    let trained: DistillationOptions.Trained
    private let workspace: Workspace
    private let source: Checkpoint
    /// Vocabulary tables that stay as they are stored.
    private let stored: [ParameterBlock]
    private let rateFactors: [TensorName: Double]

    /// The student of `workspace`, which must be factorized, and `teacher`, the model of its source.
    ///
    /// - Parameter weights: what tells how much a token's error counts where tables are coded again.
    init(
        _ workspace: Workspace,
        teacher: RunnableModel,
        _ options: DistillationOptions,
        weights: TokenWeighting
    ) throws {
        guard workspace.isFactorized else {
            throw TensorFileError(
                .missing,
                file: workspace.path,
                place: "factors",
                cause: "the workspace is not factorized, so that there is no student",
                remedy: "run: seeconv factorize \(workspace.path)"
            )
        }
        let description = try workspace.factoredDescription()
        let opened = try RunnableModel(opening: workspace.path, tables: .dense)
        var model = opened.distillable()
        // A head that is stored beside an embedding of the same numbers: import found them to be one table.
        let names = model.tables.compactMap { Self.entry(at: $0, of: model, in: description)?.name }
        let tiesHead = Set(names).count < names.count
        if tiesHead { model = opened.distillable(tiesHead: true) }
        let teacher = teacher.distillable(tiesHead: tiesHead)
        let trained = options.trained(in: model)
        let tableRate = options.tableRate ?? (trained == .factors ? 1 : 0)
        var tables: [StudentTable] = []
        var stored: [ParameterBlock] = []
        var factors: [TensorName: Double] = [:]
        var taken: Set<TensorName> = []
        for (block, original) in zip(model.tables, teacher.tables) {
            guard let entry = Self.entry(at: block, of: model, in: description) else { continue }
            guard taken.insert(TensorName(entry.tensor.name)).inserted else {
                throw TensorFileError(
                    .unsupported,
                    file: workspace.path,
                    place: entry.name,
                    cause: "one factored table stands for two of the model, which would train apart",
                    remedy: "say in the configuration that they are tied, and import again"
                )
            }
            let frequencies = try workspace.frequencies(weights.frequencies, rowCount: block.rows)
            let recoding = try TableRecoding(
                entry,
                in: workspace.factorsPath,
                weights: frequencies.weights(exponent: weights.power),
                seed: options.seed
            )
            guard recoding.form == .factors || tableRate > 0 else {
                stored.append(block)
                continue
            }
            let table = StudentTable(
                recoding,
                in: model.parameters,
                at: block,
                teacher: teacher.parameters.view(original)
            )
            for parameter in table.parameters.parameters {
                factors[TensorName(parameter.name)] =
                    table.isDense ? tableRate : trained == .factors ? 1 : options.factorRate
            }
            tables.append(table)
        }
        guard trained != .factors || !tables.isEmpty else {
            throw TensorFileError(
                .missing,
                file: workspace.path,
                place: "--train factors",
                cause: "no table of the model that trains is factored",
                remedy: "train more (--train all), or give a --table-rate above 0"
            )
        }
        (self.model, self.teacher, self.tables, self.stored) = (model, teacher, tables, stored)
        (self.description, self.trained, self.workspace) = (description, trained, workspace)
        (source, rateFactors) = (try workspace.openSource(), factors)
        assignRoles(training: tables)
    }

    /// What the optimiser may change while the tables train.
    var sets: [ParameterSet] { [model.parameters] + tables.map(\.parameters) }

    /// What the rate of `parameter` is multiplied by.
    func rateFactor(of parameter: Parameter) -> Double { rateFactors[TensorName(parameter.name)] ?? 1 }

    /// Says what trains: of the tables those in `open`.
    func assignRoles(training open: [StudentTable]) {
        let factored = Set(
            description.entries.flatMap { [$0.tensor.name] + $0.ties }.map { TensorName($0) }
        )
        let parameters = model.parameters
        parameters.assignRoles { parameter in
            // Tables in factors that are no vocabulary tables have nobody that would store them again.
            guard !factored.contains(TensorName(parameter.name)) else { return .frozen }
            return switch trained {
            case .factors: .frozen
            case .factorsAndNorms: parameter.shape.count == 1 ? .trained : .frozen
            case .all: .trained
            }
        }
        for block in stored { parameters.assign(.frozen, to: block) }
        for table in tables { parameters.assign(open.contains { $0 === table } ? .derived : .frozen, to: table.block) }
    }

    private static func entry(
        at block: ParameterBlock,
        of model: any DistillationModel,
        in description: FactoredDescription
    ) -> FactoredEntry? {
        guard let parameter = model.parameters.parameters.first(where: { $0.range.lowerBound == block.offset }) else {
            return nil
        }
        let name = TensorName(parameter.name)
        return description.entries.first { ([$0.tensor.name] + $0.ties).contains { TensorName($0) == name } }
    }

    /// The weights that trained, as the workspace keeps them.
    ///
    /// - Throws: kind `mismatch` where the source has no such tensor.
    func trainedTensors() throws -> [TrainedTensor] {
        let set = model.parameters
        return try set.parameters.filter { $0.role == .trained }.flatMap { parameter in
            let values = Array(set.values[parameter.range])
            let names = names(of: parameter.name)
            return try names.map { name in
                guard let tensor = source.source.tensor(named: name), tensor.elementCount == values.count else {
                    throw TensorFileError(
                        .mismatch,
                        file: source.path,
                        place: "tensor \"\(name)\"",
                        cause: "the source has no tensor of this name and size, which trained",
                        remedy: "train tables alone: --train factors"
                    )
                }
                return TrainedTensor(name: name, shape: tensor.shape, values: values)
            }
        }
    }

    /// All names that a tensor has in the source: vocabulary tables may stand there several times.
    private func names(of name: String) -> [String] {
        let group = workspace.manifest.tables.first { table in
            ([table.tensor.name] + table.ties).contains { TensorName($0) == TensorName(name) }
        }
        return group.map { [$0.tensor.name] + $0.ties } ?? [name]
    }
}
