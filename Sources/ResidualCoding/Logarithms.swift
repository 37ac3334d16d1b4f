#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// For the encoder's choices only: what a decoder computes does not depend on them.

/// log₂ x.
func binaryLogarithm(_ x: Double) -> Double { log2(x) }

/// 2ˣ.
func binaryPower(_ x: Double) -> Double { exp2(x) }
