// The search for the scales of the K types; `ScaleSearch` in TensorFile is its Swift twin and says what is computed.
// Sixteen candidates are tried at once, one in each lane, so no sum runs across lanes and its order is the same on
// every path.

// Vectors are passed between functions of one file only, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

enum { CANDIDATES = 16 };
typedef float lanes __attribute__((vector_size(CANDIDATES * sizeof(float))));
typedef int32_t choice __attribute__((vector_size(CANDIDATES * sizeof(int32_t))));

static const lanes every_lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static inline lanes spread(float value) { return value - (lanes){0}; }
static inline lanes where(choice condition, lanes yes, lanes no) {
    return (lanes)(((choice)yes & condition) | ((choice)no & ~condition));
}
static inline lanes at_most(lanes values, float limit) { return where(values < limit, values, spread(limit)); }
static inline lanes at_least(lanes values, float limit) { return where(values > limit, values, spread(limit)); }

/// Rounds to whole numbers, halves to even; exact below 2^22, and beyond that still far outside of any code.
static inline lanes rounded(lanes values) { return (values + 12582912.0f) - 12582912.0f; }
static inline float rounded_scalar(float value) { return (value + 12582912.0f) - 12582912.0f; }

/// `value` rounded and held in `low...high`; `high` where it is NaN, as in the lanes.
static inline float whole(float value, float low, float high) {
    float held = rounded_scalar(value);
    held = held < high ? held : high;
    return held > low ? held : low;
}

/// The lane of the greatest value, the first of equals; no lane may be NaN.
static inline int greatest_lane(lanes values) {
    choice place = (choice)values ^ ((choice)values >> 31 & 0x7fffffff);
    choice lane = __builtin_convertvector(every_lane, choice), greatest = __builtin_reduce_max(place) - (choice){0};
    return __builtin_reduce_min((lane & (place == greatest)) | (CANDIDATES & (place != greatest)));
}

typedef struct { float scale, offset; } affine;

/// The best-fitting scale and offset of values as `scale * code - offset`, code in 0...limit, offset >= 0.
static inline affine fit_affine(const float *values, int count, int limit) {
    float least, range = range_of(values, count, &least);
    least = least > 0 ? 0 : least;
    range -= least;
    if (!(range > 0x1p-60f)) return (affine){0, -least};
    lanes inverse = ((float)limit - 3 + every_lane * 0.25f) / range;
    lanes codes = {0}, squares = {0}, products = {0};
    float sum = 0, n = (float)count;
    for (int i = 0; i < count; i++) {
        float value = values[i] - least;
        lanes code = at_most(rounded(value * inverse), (float)limit);
        codes += code;
        squares += code * code;
        products += code * value;
        sum += value;
    }
    // Least squares for the scale and a shift from the least value, which may not pass zero. Where all codes are one
    // there is no such line; only if they are the last one, and the scale thus the least, such a candidate counts,
    // without shift.
    lanes determinant = n * squares - codes * codes;
    choice spanning = determinant > 0;
    lanes shift = where(spanning, (squares * sum - codes * products) / determinant, spread(0));
    shift = at_most(shift, -least);
    lanes rest = products - shift * codes, scale = rest / squares;
    lanes gain = scale * rest + shift * (2 * sum - n * shift);
    gain = where((spanning | (codes == n * (float)limit)) & (gain > -INFINITY), gain, spread(-INFINITY));
    int best = greatest_lane(gain);
    if (gain[best] == -INFINITY) return (affine){range / (float)limit, -least};
    return (affine){scale[best], -(shift[best] + least)};
}

/// Fits every group and stores the units, in F16, whose multiples 0...most are to stand for all scales and offsets.
static inline affine fit_groups(
    const float *values, int groups, int count, int limit, float most, affine *fits, uint8_t *scale_at,
    uint8_t *offset_at) {
    float scale = 0, offset = 0;
    for (int group = 0; group < groups; group++) {
        fits[group] = fit_affine(values + count * group, count, limit);
        scale = fits[group].scale > scale ? fits[group].scale : scale;
        offset = fits[group].offset > offset ? fits[group].offset : offset;
    }
    return (affine){store_half(scale / most, scale_at), store_half(offset / most, offset_at)};
}

/// The lane whose scale and offset give the least squared error with codes in low...high; the first of equals.
static inline int best_lane(const float *values, int count, lanes scale, lanes offset, float low, float high) {
    lanes inverse = where(scale == 0, spread(0), 1 / scale), error = {0};
    for (int i = 0; i < count; i++) {
        lanes shifted = values[i] + offset;
        lanes code = at_least(at_most(rounded(shifted * inverse), high), low);
        lanes miss = scale * code - shifted;
        error += miss * miss;
    }
    return greatest_lane(where(error < INFINITY, -error, spread(-INFINITY)));
}

/// The whole multiples of two units, each in 0...most, near `wanted` that suit the values best.
static inline affine choose_steps(const float *values, int count, affine wanted, affine unit, float most, float limit) {
    static const lanes scale_moves = {0, 0, 0, 0, 0, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 2};
    static const lanes offset_moves = {0, -1, 1, -2, 2, 0, -1, 1, -2, 2, 0, -1, 1, -2, 2, 0};
    lanes scales = whole(wanted.scale * inverse_of(unit.scale), 0, most) + scale_moves;
    lanes offsets = whole(wanted.offset * inverse_of(unit.offset), 0, most) + offset_moves;
    scales = at_least(at_most(scales, most), 0);
    offsets = at_least(at_most(offsets, most), 0);
    int lane = best_lane(values, count, unit.scale * scales, unit.offset * offsets, 0, limit);
    return (affine){scales[lane], offsets[lane]};
}

/// The unit of steps -most - 1...most for scales of codes low...-low - 1: the largest value takes nearly the last of
/// both.
static inline float symmetric_unit(const float *values, float most, float low) {
    float peak = signed_peak(values, 256);
    return peak == 0 ? 0 : peak * 1.02f / (low * (-most - 1));
}

/// The multiple of `unit`, a whole one in -most - 1...most, that suits the values best.
static inline float choose_step(const float *values, int count, float unit, float most, float low) {
    float middle = whole(signed_peak(values, count) / low * inverse_of(unit), -most - 1, most);
    lanes steps = at_least(at_most(middle - 8 + every_lane, most), -most - 1);
    return steps[best_lane(values, count, unit * steps, spread(0), low, -low - 1)];
}

/// Codes in low...high, stored from 0, of values as `scale * code - offset`.
static inline void encode_group(
    const float *values, int count, float scale, float offset, float low, float high, uint8_t *codes) {
    float inverse = inverse_of(scale);
    for (int i = 0; i < count; i++) codes[i] = (uint8_t)(whole((values[i] + offset) * inverse, low, high) - low);
}
