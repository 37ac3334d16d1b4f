// [scale unit: F16][offset unit: F16][12 bytes of steps][4 × 32 bytes of two codes: groups 2i low, 2i + 1 high]; value
// = scale unit * scale step * code - offset unit * offset step.

static void decode_q4_k(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 144) {
        float scale_unit = half_at(blocks), offset_unit = half_at(blocks + 2);
        for (int group = 0; group < 8; group++, values += 32) {
            steps step = steps_at(blocks + 4, group);
            float scale = scale_unit * (float)step.scale, offset = offset_unit * (float)step.offset;
            const uint8_t *pairs = blocks + 16 + 32 * (group / 2);
            int shift = 4 * (group & 1);
            for (int i = 0; i < 32; i++) values[i] = scale * (float)(pairs[i] >> shift & 15) - offset;
        }
    }
}

static void encode_q4_k(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 144, values += 256) {
        uint8_t codes[256];
        encode_eight_groups(values, 15, blocks, codes);
        for (int i = 0; i < 128; i++) {
            const uint8_t *low = codes + 64 * (i / 32) + i % 32;
            blocks[16 + i] = (uint8_t)(low[0] | low[32] << 4);
        }
    }
}
