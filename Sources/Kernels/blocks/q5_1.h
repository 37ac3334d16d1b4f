// [scale: F16][least: F16][fifth bits: 32 bits][16 bytes, as in Q5_0]; value = scale * code + least.

static void decode_q5_1(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 24, values += 32) {
        float scale = half_at(blocks), least = half_at(blocks + 2);
        uint8_t codes[32];
        join_fifth_bits(blocks + 4, blocks + 8, codes);
        for (int i = 0; i < 32; i++) values[i] = scale * (float)codes[i] + least;
    }
}

static void encode_q5_1(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 24, values += 32) {
        float least, greatest = range_of(values, 32, &least);
        float scale = (greatest - least) / 31, inverse = inverse_of(scale);
        store_half(scale, blocks);
        store_half(least, blocks + 2);
        uint8_t codes[32];
        for (int i = 0; i < 32; i++) codes[i] = code_of((values[i] - least) * inverse + 0.5f, 31);
        split_fifth_bits(codes, blocks + 4, blocks + 8);
    }
}
