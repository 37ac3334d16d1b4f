// [scale: F16][16 bytes of two codes: values 0...15 low, 16...31 high]; value = scale * (code - 8).

static void decode_q4_0(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 18, values += 32) {
        float scale = half_at(blocks);
        uint8_t codes[32];
        split_pairs(blocks + 2, codes);
        for (int i = 0; i < 32; i++) values[i] = scale * (float)(codes[i] - 8);
    }
}

static void encode_q4_0(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 18, values += 32) {
        float scale = signed_peak(values, 32) / -8, inverse = inverse_of(scale);
        store_half(scale, blocks);
        for (int i = 0; i < 16; i++) {
            uint8_t low = code_of(values[i] * inverse + 8.5f, 15), high = code_of(values[16 + i] * inverse + 8.5f, 15);
            blocks[2 + i] = (uint8_t)(low | high << 4);
        }
    }
}
