// [scale: F16][fifth bits: 32 bits][16 bytes of two codes' lower bits, as in Q4_0]; value = scale * (code - 16).

static void decode_q5_0(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 22, values += 32) {
        float scale = half_at(blocks);
        uint8_t codes[32];
        join_fifth_bits(blocks + 2, blocks + 6, codes);
        for (int i = 0; i < 32; i++) values[i] = scale * (float)(codes[i] - 16);
    }
}

static void encode_q5_0(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 22, values += 32) {
        float scale = signed_peak(values, 32) / -16, inverse = inverse_of(scale);
        store_half(scale, blocks);
        uint8_t codes[32];
        for (int i = 0; i < 32; i++) codes[i] = code_of(values[i] * inverse + 16.5f, 31);
        split_fifth_bits(codes, blocks + 2, blocks + 6);
    }
}
