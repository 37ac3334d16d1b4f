/// A SentencePiece model file (`tokenizer.model`, `*.spm`): the message `ModelProto` of sentencepiece_model.proto.
struct SentencePieceFile: Sendable {
    /// `TrainerSpec.ModelType`.
    enum Algorithm: Int, Sendable {
        case unigram = 1
        case bpe = 2
        case word = 3
        case characters = 4
    }

    /// One piece, in the order of ids.
    struct Piece: Sendable {
        var text: [UInt8]
        var score: Float = 0
        var kind: TokenKind = .normal
    }

    private(set) var pieces: [Piece] = []
    private(set) var algorithm = Algorithm.unigram
    private(set) var hasByteFallback = false
    /// What decoding writes for an unknown token.
    private(set) var unknownSurface = Array(" \u{2047} ".utf8)
    private(set) var marksWordEnds = false
    private(set) var characterMap: [UInt8] = []
    private(set) var addsDummyPrefix = true
    private(set) var removesExtraWhitespace = true
    private(set) var escapesWhitespace = true
    /// The pieces' texts of the roles, or SentencePiece's own names for them.
    private(set) var roles: [Role: [UInt8]] = [
        .unknown: Array("<unk>".utf8), .beginning: Array("<s>".utf8), .end: Array("</s>".utf8),
        .padding: Array("<pad>".utf8),
    ]

    /// The roles that a trainer names, with their field numbers.
    enum Role: Int, Sendable {
        case unknown = 45
        case beginning = 46
        case end = 47
        case padding = 48
    }

    /// Reads a model file.
    init(_ bytes: [UInt8]) throws(TokenizerError) {
        var reader = ProtobufReader(bytes.span, bytes.indices)
        while let (number, value) = try reader.next() {
            guard let range = value.range else { continue }
            switch number {
            case 1: pieces.append(try SentencePieceFile.piece(bytes, range, id: pieces.count))
            case 2: try readTrainer(bytes, range)
            case 3: try readNormalizer(bytes, range)
            default: continue
            }
        }
        guard !pieces.isEmpty else { throw .malformed("pieces", "the model has none") }
    }

    private static func piece(_ bytes: [UInt8], _ range: Range<Int>, id: Int) throws(TokenizerError) -> Piece {
        var piece = Piece(text: [])
        var reader = ProtobufReader(bytes.span, range)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: piece.text = value.range.map { Array(bytes[$0]) } ?? []
            case 2: piece.score = value.float ?? 0
            case 3:
                guard let type = value.int, let kind = SentencePieceFile.kinds[type] else {
                    throw .malformed("piece \(id)", "an unknown type of piece")
                }
                piece.kind = kind
            default: continue
            }
        }
        guard !piece.text.isEmpty else { throw .malformed("piece \(id)", "an empty piece") }
        guard (try? UTF8Span(validating: piece.text.span)) != nil else {
            throw .malformed("piece \(id)", "the piece is not UTF-8")
        }
        guard piece.score.isFinite else { throw .malformed("piece \(id)", "the score \(piece.score) is not finite") }
        return piece
    }

    private static let kinds: [Int: TokenKind] = [
        1: .normal, 2: .unknown, 3: .control, 4: .userDefined, 5: .unused, 6: .byte,
    ]

    private mutating func readTrainer(_ bytes: [UInt8], _ range: Range<Int>) throws(TokenizerError) {
        var reader = ProtobufReader(bytes.span, range)
        while let (number, value) = try reader.next() {
            switch number {
            case 3:
                guard let type = value.int, let algorithm = Algorithm(rawValue: type) else {
                    throw .malformed("model type", "an unknown type of model")
                }
                self.algorithm = algorithm
            case 24: marksWordEnds = value.bool ?? false
            case 35: hasByteFallback = value.bool ?? false
            case 44: unknownSurface = value.range.map { Array(bytes[$0]) } ?? unknownSurface
            default:
                if let role = Role(rawValue: number), let range = value.range, !range.isEmpty {
                    roles[role] = Array(bytes[range])
                }
            }
        }
    }

    private mutating func readNormalizer(_ bytes: [UInt8], _ range: Range<Int>) throws(TokenizerError) {
        var reader = ProtobufReader(bytes.span, range)
        while let (number, value) = try reader.next() {
            switch number {
            case 2: characterMap = value.range.map { Array(bytes[$0]) } ?? []
            case 3: addsDummyPrefix = value.bool ?? true
            case 4: removesExtraWhitespace = value.bool ?? true
            case 5: escapesWhitespace = value.bool ?? true
            default: continue
            }
        }
    }
}
