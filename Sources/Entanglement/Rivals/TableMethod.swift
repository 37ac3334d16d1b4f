import LinearAlgebra

/// A factored table that can be taken apart into named arrays and put together again.
public protocol StorableTable: FactoredTable {
    /// The name of the form, which the stored attribute `form` holds.
    static var form: String { get }
    /// The table as named flat arrays and attributes.
    var stored: StoredEmbedding { get }
    /// The table that `stored` took apart; no size or index of it is trusted.
    init(stored: StoredEmbedding) throws(EntanglementError)
}

/// A published way to make a table small, to stand beside sememe entanglement at equal bytes.
///
/// Each is given the setting that serves it best among those it tries: a rival beaten by a handicap proves nothing.
public protocol TableMethod: Sendable {
    /// The name on the command line.
    static var name: String { get }
    /// The best table of at most `budgetBytes` bytes, everything counted.
    ///
    /// - Parameters:
    ///   - table: `[tokens, dimension]`, all finite.
    ///   - seed: decides on every random choice.
    /// - Throws: kind `infeasible` where the method's smallest form takes more, with that number of bytes.
    func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable
}

/// The methods and stored forms that there are: a new one is a file in this folder and a line here.
public enum TableMethods {
    /// Every rival, in the order in which tables show them.
    public static let all: [any TableMethod] = [
        TruncatedSVD(), Word2KetXS(), TensorTrain(), Word2Ket(), MorphTE(), ProductQuantization(),
        ResidualQuantization(),
    ]

    /// The method of the given command-line name.
    public static func named(_ name: String) -> (any TableMethod)? { all.first { type(of: $0).name == name } }

    /// The rival that makes tables like `table`; nil where several could have, or none.
    public static func method(making table: any StorableTable) -> (any TableMethod)? {
        switch table {
        case is LowRankTable: TruncatedSVD()
        case is KroneckerSum: Word2KetXS()
        case is TensorTrainTable: TensorTrain()
        case is TokenTensors: Word2Ket()
        case let table as QuantizedTable: table.isProduct ? ProductQuantization() : ResidualQuantization()
        default: nil
        }
    }

    /// Every stored form.
    static let forms: [any StorableTable.Type] = [
        EntangledEmbedding.self, LowRankTable.self, KroneckerSum.self, TensorTrainTable.self, TokenTensors.self,
        QuantizedTable.self,
    ]

    /// The table that `stored` took apart, whatever its form.
    ///
    /// - Throws: kind `missing` or `value` for an unknown form, and what the form's own reader throws.
    public static func table(stored: StoredEmbedding) throws(EntanglementError) -> any StorableTable {
        let name = try stored.text("form")
        guard let form = forms.first(where: { $0.form == name }) else {
            throw .damaged(.value, "form", "unknown form \(name)")
        }
        return try form.init(stored: stored)
    }
}

extension TableMethod {
    /// The error for a budget below the method's smallest form.
    func infeasible(_ table: Matrix, budget: Int, least: Int) -> EntanglementError {
        EntanglementError(
            .infeasible,
            "--ratio",
            "\(Self.name) cannot store \(table.rows) × \(table.columns) in \(budget) bytes; the least is \(least)",
            remedy: "ask for a ratio of at most \(table.rows * table.columns * 4 / max(1, least)) to F32"
        )
    }
}

extension StoredEmbedding {
    /// A stored form with the attributes that every form has.
    init(
        form: String,
        of table: some FactoredTable,
        _ attributes: [(name: String, value: Attribute)],
        _ arrays: [Array]
    ) {
        let common: [(name: String, value: Attribute)] = [
            ("version", .integer(StoredEmbedding.version)), ("form", .text(form)),
            ("tokens", .integer(table.tokenCount)), ("dimension", .integer(table.dimension)),
        ]
        self.init(attributes: common + attributes, arrays: arrays)
    }

    /// Version, form and sizes, checked.
    func header(form: String) throws(EntanglementError) -> (tokens: Int, dimension: Int) {
        let version = try integer("version", in: 0...Int.max)
        guard version == StoredEmbedding.version else {
            throw EntanglementError(.value, "version", "layout version \(version)", remedy: "use a newer seeconv")
        }
        guard try text("form") == form else { throw .damaged(.value, "form", "not the form \(form)") }
        return (
            try integer("tokens", in: 0...SenseCodes.maximumTokens),
            try integer("dimension", in: 1...EntanglementShape.maximumDimension)
        )
    }

    /// The attribute that says how factors are stored.
    func factorType() throws(EntanglementError) -> FactorType {
        guard let type = FactorType(rawValue: try text("factorType")) else {
            throw .damaged(.value, "factorType", "unknown type \(try text("factorType"))")
        }
        return type
    }

    /// `count` finite numbers of array `name`.
    func finiteNumbers(_ name: String, count: Int, as type: FactorType) throws(EntanglementError) -> [Float] {
        let values = try numbers(name, count: count, as: type)
        guard values.allSatisfy(\.isFinite) else { throw .damaged(.value, name, "a number is not finite") }
        return values
    }
}

/// Products of untrusted sizes.
func checkedProduct(_ sizes: [Int], part: String) throws(EntanglementError) -> Int {
    var product = 1
    for size in sizes {
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        // Far above any table, far below what a sum or a byte count could overflow.
        guard size >= 0, !overflow, next <= 1 << 48 else { throw .damaged(.size, part, "sizes \(sizes) are too large") }
        product = next
    }
    return product
}
