// Numbers and rounding shared by the block types; their Swift twins are `Half` and `Rounding` in TensorFile.

static inline uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float half_at(const uint8_t *bytes) {
    uint32_t half = bytes[0] | (uint32_t)bytes[1] << 8;
    uint32_t sign = (half & 0x8000) << 16, magnitude = (half & 0x7fff) << 13;
    if ((half & 0x7c00) == 0x7c00) {
        return float_of(sign | magnitude | (magnitude > 0x7c00 << 13 ? 0x7fc00000 : 0x7f800000));
    }
    return float_of(sign | bits_of(float_of(magnitude) * 0x1p112f));
}

/// Stores `value` as F16, rounded to nearest even, and returns what was stored.
static inline float store_half(float value, uint8_t *bytes) {
    uint32_t sign = bits_of(value) >> 16 & 0x8000, magnitude = bits_of(value) & 0x7fffffff, half;
    if (magnitude > 0x7f800000) half = 0x7e00 | (magnitude >> 13 & 0x1ff);
    else if (magnitude >= 0x477ff000) half = 0x7c00;
    else if (magnitude < 0x38800000) half = bits_of(float_of(magnitude) + 0.5f) & 0xffff;
    else half = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
    bytes[0] = (uint8_t)half;
    bytes[1] = (uint8_t)((sign | half) >> 8);
    return half_at(bytes);
}

/// The value of largest magnitude, with its sign; the first of equals. A NaN counts as the largest.
static inline float signed_peak(const float *values, int count) {
    uint32_t greatest = 0, first = (uint32_t)count;
    for (int i = 0; i < count; i++) {
        uint32_t magnitude = bits_of(values[i]) & 0x7fffffff;
        greatest = magnitude > greatest ? magnitude : greatest;
    }
    for (int i = 0; i < count; i++) {
        uint32_t place = (bits_of(values[i]) & 0x7fffffff) == greatest ? (uint32_t)i : (uint32_t)count;
        first = place < first ? place : first;
    }
    return values[first];
}

/// A code plus one half, cut to a whole number in 0...limit; 0 where it is NaN or far outside.
static inline uint8_t code_of(float value, int limit) {
    float held = value < (float)(limit + 2) ? value : 0;
    int code = (int)(held > 0 ? held : 0);
    return (uint8_t)(code < limit ? code : limit);
}

static inline float inverse_of(float scale) { return scale == 0 ? 0 : 1 / scale; }

/// Maps the bits of a float to an integer of the same order, and back: -0 comes before 0, NaNs at the ends.
static inline int32_t ordered(int32_t bits) { return bits ^ (bits >> 31 & 0x7fffffff); }

/// The greatest value; the least goes to `least`.
static inline float range_of(const float *values, int count, float *least) {
    int32_t greatest = INT32_MIN, low = INT32_MAX;
    for (int i = 0; i < count; i++) {
        int32_t place = ordered((int32_t)bits_of(values[i]));
        greatest = place > greatest ? place : greatest;
        low = place < low ? place : low;
    }
    *least = float_of((uint32_t)ordered(low));
    return float_of((uint32_t)ordered(greatest));
}

/// The 4-bit codes of 32 values: 0...15 are the lower halves, 16...31 the upper.
static inline void split_pairs(const uint8_t *pairs, uint8_t *codes) {
    for (int i = 0; i < 16; i++) {
        codes[i] = pairs[i] & 15;
        codes[16 + i] = pairs[i] >> 4;
    }
}

/// The 5-bit codes of 32 values from their upper bits (bit i of a little-endian word) and lower halves (as in Q4_0).
static inline void join_fifth_bits(const uint8_t *high, const uint8_t *low, uint8_t *codes) {
    uint32_t bits = high[0] | (uint32_t)high[1] << 8 | (uint32_t)high[2] << 16 | (uint32_t)high[3] << 24;
    for (int i = 0; i < 16; i++) {
        codes[i] = (uint8_t)((low[i] & 15) | (bits >> i & 1) << 4);
        codes[16 + i] = (uint8_t)(low[i] >> 4 | (bits >> (16 + i) & 1) << 4);
    }
}

static inline void split_fifth_bits(const uint8_t *codes, uint8_t *high, uint8_t *low) {
    uint32_t bits = 0;
    for (int i = 0; i < 32; i++) bits |= (uint32_t)(codes[i] >> 4) << i;
    for (int i = 0; i < 4; i++) high[i] = (uint8_t)(bits >> 8 * i);
    for (int i = 0; i < 16; i++) low[i] = (uint8_t)((codes[i] & 15) | codes[16 + i] << 4);
}
