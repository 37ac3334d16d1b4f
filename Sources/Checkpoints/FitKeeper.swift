import Entanglement
import Foundation
import LinearAlgebra
import Synchronization
import TensorFile

/// Keeps the state of a running fit in a file of the workspace, so that a fit that was interrupted goes on from there.
///
/// The file holds a digest of everything that the fit depends on, and one of the state; what does not fit is ignored.
final class FitKeeper: Sendable {
    private let path: String
    private let fingerprint: [UInt8]
    private let progress = Mutex<(lastWritten: ContinuousClock.Instant?, hasFailed: Bool)>((nil, false))

    /// The file for `table` of `workspace`, whose fit has the given plan, codes and weights.
    init(
        _ workspace: Workspace,
        table: FoundTable,
        plan: EntanglementPlan,
        codes: CodeSource,
        weights: [Float],
        options: FitOptions,
        badRows: [Int]
    ) {
        path = Self.path(of: table, in: workspace)
        var digest = DigestStream()
        func add(_ text: String) { Array(text.utf8).withUnsafeBytes { digest.update($0) } }
        for file in workspace.manifest.files { add("\(file.digest) \(file.size)\n") }
        add("\(table.tensor.name)\n\(plan)\nseed \(options.seed), \(options.rounds), \(options.tolerance), ")
        add(
            "\(options.trainingTokens), \(options.candidates), \(options.beamWidth), \(options.spareUnits)\n\(badRows)\n"
        )
        switch codes {
        case .learned: add("learned")
        case .random: add("random")
        case .given(let codes):
            add("given \(codes.unitCounts)")
            codes.packed.bytes.withUnsafeBytes { digest.update($0) }
            (codes.packedRanks?.bytes ?? []).withUnsafeBytes { digest.update($0) }
        }
        weights.withUnsafeBytes { digest.update($0) }
        fingerprint = Array(digest.finalize().hexadecimal.utf8)
    }

    private static func path(of table: FoundTable, in workspace: Workspace) -> String {
        workspace.path + "/" + table.name.map { $0 == "/" ? "_" : String($0) }.joined() + ".fit"
    }

    /// Between two writes at least this long, so that keeping costs little.
    private static let pause = Duration.seconds(5)

    /// The state that an earlier run of the same fit left; nil for none.
    func state() -> [UInt8]? {
        guard let file = try? InputFile(path), let bytes = try? file.bytes(at: 0, count: file.size),
            bytes.count > 2 * fingerprint.count, bytes.starts(with: fingerprint)
        else { return nil }
        let state = Array(bytes[(2 * fingerprint.count)...])
        let digest = Array(FileDigest(of: state).hexadecimal.utf8)
        return bytes[fingerprint.count..<2 * fingerprint.count].elementsEqual(digest) ? state : nil
    }

    /// Writes `state`, at once the first time and then now and then; it replaces the last one when it is on the disk.
    func keep(_ state: [UInt8]) {
        let now = ContinuousClock.now
        let isDue = progress.withLock { progress in
            if progress.hasFailed { return false }
            if let last = progress.lastWritten, now - last < Self.pause { return false }
            progress.lastWritten = now
            return true
        }
        guard isDue else { return }
        do {
            let file = try OutputFile(path, replacing: true)
            try file.append(fingerprint + Array(FileDigest(of: state).hexadecimal.utf8))
            try file.append(state)
            try file.commit()
        } catch {
            // A fit whose state cannot be kept is still a fit.
            progress.withLock { $0.hasFailed = true }
        }
    }

    /// Whether some state could not be written.
    var hasFailed: Bool { progress.withLock { $0.hasFailed } }

    /// Removes the file of `table`, if there is one: at the end of the whole factorization.
    static func remove(for table: FoundTable, in workspace: Workspace) {
        unlink(path(of: table, in: workspace))
    }
}
