import JSONText

/// What a verification found: a figure for each table, whole-checkpoint size, and the gates.
public struct VerificationReport: Sendable {
    /// Paths as the user named them.
    public var reference: String
    /// The compressed model, as the user named it.
    public var candidate: String
    /// The tables that both have.
    public var tables: [TableComparison]
    /// Bytes of the reference's files divided by bytes of the candidate's; nil where the candidate is a workspace, which
    /// holds no more than the tables.
    public var checkpointRatio: Double?
    /// The bounds asked for.
    public var gates: [Gate]
    /// Oddities of either file, and tensors that differ where they should not.
    public var findings: [String]
    /// How alike both models compute on a text; nil where none was asked for.
    public var text: TextComparison?

    /// A report of the given parts.
    public init(
        reference: String,
        candidate: String,
        tables: [TableComparison],
        checkpointRatio: Double?,
        gates: [Gate] = [],
        findings: [String] = []
    ) {
        self.reference = reference
        self.candidate = candidate
        self.tables = tables
        self.checkpointRatio = checkpointRatio
        self.gates = gates
        self.findings = findings
    }

    /// Whether every gate holds.
    public var isPassed: Bool { gates.allSatisfy(\.isPassed) }

    /// The report as the stable JSON of `verify --json`.
    public var json: JSONValue {
        [
            "reference": .string(reference),
            "candidate": .string(candidate),
            "passed": .bool(isPassed),
            "gates": .array(
                gates.map {
                    [
                        "name": .string($0.name), "value": .number($0.value), "bound": .number($0.bound),
                        "passed": .bool($0.isPassed),
                    ]
                }
            ),
            "embeddings": .array(tables.map(\.json)),
            "checkpointRatio": checkpointRatio.map { .number($0) } ?? .null,
            "findings": .array(findings.map { .string($0) }),
            "text": text?.json ?? .null,
        ]
    }
}

extension TableComparison {
    /// The table's figures under the contract's names.
    var json: JSONValue {
        [
            "name": .string(name),
            "shape": .array(shape.map { .integer($0) }),
            "referenceBytes": .integer(referenceBytes),
            "bytes": .integer(candidateBytes),
            "byteRatio": .number(byteRatio),
            "byteRatioFloat32": .number(byteRatioFloat32),
            "parameterRatio": .number(parameterRatio),
            "parameterRatioWithIndex": .number(parameterRatioWithIndex),
            "relativeError": .number(relativeError),
            "weightedRelativeError": .number(weightedRelativeError),
            "meanCosine": .number(meanCosine),
            "p01Cosine": .number(p01Cosine),
            "maximumError": .number(maximumError),
            "neighboursKept": .number(neighboursKept),
            "worstTokens": .array(worstTokens.map { ["token": .integer($0.token), "cosine": .number($0.cosine)] }),
        ]
    }
}
