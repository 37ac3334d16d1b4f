import LinearAlgebra

extension TrainablePass {
    /// The mean squared difference of vocabulary tables and the teacher's, of which a batch takes its share of positions;
    /// adds the gradient.
    func tableLoss(
        _ tables: [ParameterBlock],
        teacher: ModelOutputs?,
        _ weights: LossWeights,
        share: Double
    ) -> Double {
        guard weights.embedding != 0, let teacher else { return 0 }
        precondition(teacher.tables.count == tables.count, "a teacher of other tables")
        var loss = 0.0
        for (table, target) in zip(tables, teacher.tables) {
            guard let gradient = gradient(table) else { continue }
            let part = share / (Double(table.count) * Double(tables.count))
            loss +=
                part
                * SquaredDifference.add(
                    parameters.view(table),
                    target,
                    factor: Float(2 * part) * weights.embedding,
                    to: gradient,
                    memory
                )
        }
        return loss
    }
}
