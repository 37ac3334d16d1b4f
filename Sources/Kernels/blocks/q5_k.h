// As Q4_K with 32 bytes of fifth bits before the codes: bit g of byte i belongs to value i of group g.

static void decode_q5_k(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 176) {
        float scale_unit = half_at(blocks), offset_unit = half_at(blocks + 2);
        const uint8_t *high = blocks + 16;
        for (int group = 0; group < 8; group++, values += 32) {
            steps step = steps_at(blocks + 4, group);
            float scale = scale_unit * (float)step.scale, offset = offset_unit * (float)step.offset;
            const uint8_t *pairs = blocks + 48 + 32 * (group / 2);
            int shift = 4 * (group & 1);
            for (int i = 0; i < 32; i++) {
                int code = (pairs[i] >> shift & 15) | (high[i] >> group & 1) << 4;
                values[i] = scale * (float)code - offset;
            }
        }
    }
}

static void encode_q5_k(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 176, values += 256) {
        uint8_t codes[256];
        encode_eight_groups(values, 31, blocks, codes);
        for (int i = 0; i < 32; i++) {
            int bits = 0;
            for (int group = 0; group < 8; group++) bits |= (codes[32 * group + i] >> 4) << group;
            blocks[16 + i] = (uint8_t)bits;
        }
        for (int i = 0; i < 128; i++) {
            const uint8_t *low = codes + 64 * (i / 32) + i % 32;
            blocks[48 + i] = (uint8_t)((low[0] & 15) | low[32] << 4);
        }
    }
}
