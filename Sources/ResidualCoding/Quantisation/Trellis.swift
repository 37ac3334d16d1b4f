/// The state machine of trellis-coded quantisation: which of two quantisers a coefficient uses, and where its magnitude
/// leads.
///
/// Quantiser 0 reconstructs even multiples of the step, quantiser 1 odd ones and zero. The parity of a magnitude drives
/// the machine. Its transitions are those of Ungerboeck's codes for amplitude modulation ("Channel coding with
/// multilevel/phase signals", 1982, table I), of which one parity bit and one free bit name a coset of 4ℤ.
struct Trellis: Sendable {
    /// The number of states is 2^`memory`.
    let memory: Int
    /// The number of states, at most 32.
    var stateCount: Int { 1 << memory }
    /// The state after a magnitude of parity p in state s, at 2s + p.
    let next: [UInt8]

    /// The memories that exist.
    static let memories = 2...5

    /// The machine of 2^`memory` states.
    init(memory: Int) {
        self.memory = memory
        let (free, parity): (Int, Int) =
            switch memory {
            case 2: (0o2, 0o5)
            case 3: (0o4, 0o13)
            case 4: (0o4, 0o23)
            default: (0o10, 0o45)
            }
        var next: [UInt8] = []
        for state in 0..<1 << memory {
            for bit in 0...1 {
                // The observer form of the parity check: each register takes the one above it and the taps.
                var taken = state >> 1
                if state & 1 == 1 { taken ^= parity >> 1 }
                if bit == 1 { taken ^= free >> 1 }
                next.append(UInt8(taken))
            }
        }
        self.next = next
    }

    /// The quantiser of a state, 0 or 1.
    @inline(__always)
    static func quantiser(of state: Int) -> Int { state & 1 }

    /// The multiple of the step that `magnitude` stands for in a quantiser.
    @inline(__always)
    static func multiple(_ magnitude: Int, quantiser: Int) -> Int {
        magnitude == 0 ? 0 : 2 * magnitude - quantiser
    }
}
