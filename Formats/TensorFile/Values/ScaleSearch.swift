/// How the K types choose scales and offsets: by the squared error of what will be read back.
///
/// A group of 16 or 32 values is stored as `scale · code − offset`, and scale and offset themselves as whole steps of two
/// F16 units that 256 values share. Two searches follow each other:
/// 1. Sixteen ways to spread the codes over the group's range are rounded, and the line through the values that fits each
///    way best (least squares, offset not negative) is found in closed form; the best line of the sixteen wins. The units
///    are the largest scale and offset over their greatest step.
/// 2. Sixteen pairs of steps around that line are tried on the values, codes clipped as they will be, and the pair with
///    the least squared error wins.
///
/// Types without offset need the second search only. ggml's encoder runs a search like the first, with larger values
/// weighing more, and rounds the steps; the squared error here is 0.78 (Q2_K) to 0.96 (Q4_K) of its on normal values.
///
/// This is the plain statement of `scale_search.h`, operation for operation.
enum ScaleSearch {
    /// A scale and an offset, in values or in steps.
    struct Affine {
        var scale: Float
        var offset: Float
    }

    private static let candidates = 16
    private static let scaleMoves: [Float] = [0, 0, 0, 0, 0, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 2]
    private static let offsetMoves: [Float] = [0, -1, 1, -2, 2, 0, -1, 1, -2, 2, 0, -1, 1, -2, 2, 0]

    /// The best-fitting line for `count` values with codes in `0...limit`.
    static func fit(_ values: UnsafePointer<Float>, _ count: Int, limit: Float) -> Affine {
        let (lowest, greatest) = Rounding.range(values, count)
        let least = lowest > 0 ? 0 : lowest
        let range = greatest - least
        guard range > 0x1p-60 else { return Affine(scale: 0, offset: -least) }
        let n = Float(count)
        var best = Affine(scale: range / limit, offset: -least)
        var most = -Float.infinity
        for candidate in 0..<candidates {
            let inverse = (limit - 3 + Float(candidate) * 0.25) / range
            var (codes, squares, products, sum): (Float, Float, Float, Float) = (0, 0, 0, 0)
            for index in 0..<count {
                let value = values[index] - least
                let rounded = Rounding.nearest(value * inverse)
                let code = rounded < limit ? rounded : limit
                codes += code
                squares += code * code
                products += code * value
                sum += value
            }
            let determinant = n * squares - codes * codes
            // Where all codes are one there is no line; only if they are the last one, and the scale thus the least, such a
            // candidate counts, without shift.
            guard determinant > 0 || codes == n * limit else { continue }
            let free = determinant > 0 ? (squares * sum - codes * products) / determinant : 0
            let shift = free < -least ? free : -least
            let rest = products - shift * codes
            let scale = rest / squares
            let gain = scale * rest + shift * (2 * sum - n * shift)
            if gain > most {
                most = gain
                best = Affine(scale: scale, offset: -(shift + least))
            }
        }
        return best
    }

    /// The units whose multiples `0...most` stand for all scales and offsets, before they are rounded to F16.
    static func units(of fits: [Affine], most: Float) -> Affine {
        var largest = Affine(scale: 0, offset: 0)
        for fit in fits {
            largest.scale = fit.scale > largest.scale ? fit.scale : largest.scale
            largest.offset = fit.offset > largest.offset ? fit.offset : largest.offset
        }
        return Affine(scale: largest.scale / most, offset: largest.offset / most)
    }

    /// The steps in `0...most`, near `wanted`, that suit the values best.
    static func steps(
        _ values: UnsafePointer<Float>,
        _ count: Int,
        near wanted: Affine,
        units: Affine,
        most: Float,
        limit: Float
    ) -> Affine {
        let scale = Rounding.whole(wanted.scale * Rounding.inverse(units.scale), 0, most)
        let offset = Rounding.whole(wanted.offset * Rounding.inverse(units.offset), 0, most)
        let tried = (0..<candidates).map { lane in
            Affine(
                scale: Rounding.held(scale + scaleMoves[lane], 0, most),
                offset: Rounding.held(offset + offsetMoves[lane], 0, most)
            )
        }
        return tried[
            best(values, count, low: 0, high: limit) { lane in
                Affine(scale: units.scale * tried[lane].scale, offset: units.offset * tried[lane].offset)
            }
        ]
    }

    /// The unit of steps `-most - 1...most` for codes `low ... -low - 1`: 256 values' largest takes nearly the last of both.
    static func symmetricUnit(_ values: UnsafePointer<Float>, most: Float, low: Float) -> Float {
        let peak = Rounding.signedPeak(values, 256)
        return peak == 0 ? 0 : peak * 1.02 / (low * (-most - 1))
    }

    /// The multiple of `unit`, a whole one in `-most - 1...most`, that suits the values best.
    static func step(
        _ values: UnsafePointer<Float>,
        _ count: Int,
        unit: Float,
        most: Float,
        low: Float
    ) -> Float {
        let wanted = Rounding.signedPeak(values, count) / low * Rounding.inverse(unit)
        let middle = Rounding.whole(wanted, -most - 1, most)
        let tried = (0..<candidates).map { Rounding.held(middle - 8 + Float($0), -most - 1, most) }
        return tried[
            best(values, count, low: low, high: -low - 1) { Affine(scale: unit * tried[$0], offset: 0) }
        ]
    }

    /// Codes in `low...high` of values as `scale · code − offset`, stored from 0.
    static func encode(
        _ values: UnsafePointer<Float>,
        _ count: Int,
        _ line: Affine,
        low: Float,
        high: Float,
        into codes: inout [UInt8]
    ) {
        let inverse = Rounding.inverse(line.scale)
        for index in 0..<count {
            codes.append(UInt8(Rounding.whole((values[index] + line.offset) * inverse, low, high) - low))
        }
    }

    /// The candidate whose line has the least squared error; the first of equals.
    private static func best(
        _ values: UnsafePointer<Float>,
        _ count: Int,
        low: Float,
        high: Float,
        line: (Int) -> Affine
    ) -> Int {
        var (chosen, least) = (0, Float.infinity)
        for candidate in 0..<candidates {
            let tried = line(candidate)
            let inverse = Rounding.inverse(tried.scale)
            var error: Float = 0
            for index in 0..<count {
                let shifted = values[index] + tried.offset
                let miss = tried.scale * Rounding.whole(shifted * inverse, low, high) - shifted
                error += miss * miss
            }
            if error < least { (chosen, least) = (candidate, error) }
        }
        return chosen
    }
}
