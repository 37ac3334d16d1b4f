// [scale: F16][least: F16][16 bytes of two codes, as in Q4_0]; value = scale * code + least.

static void decode_q4_1(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 20, values += 32) {
        float scale = half_at(blocks), least = half_at(blocks + 2);
        uint8_t codes[32];
        split_pairs(blocks + 4, codes);
        for (int i = 0; i < 32; i++) values[i] = scale * (float)codes[i] + least;
    }
}

static void encode_q4_1(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 20, values += 32) {
        float least, greatest = range_of(values, 32, &least);
        float scale = (greatest - least) / 15, inverse = inverse_of(scale);
        store_half(scale, blocks);
        store_half(least, blocks + 2);
        for (int i = 0; i < 16; i++) {
            uint8_t low = code_of((values[i] - least) * inverse + 0.5f, 15);
            uint8_t high = code_of((values[16 + i] - least) * inverse + 0.5f, 15);
            blocks[4 + i] = (uint8_t)(low | high << 4);
        }
    }
}
