// [32 bytes of third bits][2 × 32 bytes of four codes, as in Q2_K][12 bytes of 6-bit steps][scale unit: F16]; groups of
// 16; value = scale unit * (step - 32) * (code - 4). Third bit: bit b of byte i belongs to value 32b + i.

/// The step of group g: its lower half is half g / 8 of byte g % 8, its upper two bits are pair g / 4 of byte 8 + g %
/// 4.
static inline int step_q3_k(const uint8_t *bytes, int group) {
    int low = bytes[group & 7] >> 4 * (group / 8) & 15, high = bytes[8 + (group & 3)] >> 2 * (group / 4) & 3;
    return (low | high << 4) - 32;
}

static void decode_q3_k(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 110) {
        float unit = half_at(blocks + 108);
        for (int group = 0; group < 16; group++, values += 16) {
            float scale = unit * (float)step_q3_k(blocks + 96, group);
            const uint8_t *high = blocks + 16 * (group & 1), *quarters = high + 32 + 32 * (group / 8);
            int shift = group & 6, bit = group / 2;
            for (int i = 0; i < 16; i++) {
                int code = (quarters[i] >> shift & 3) | (high[i] >> bit & 1) << 2;
                values[i] = scale * (float)(code - 4);
            }
        }
    }
}

static void encode_q3_k(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 110, values += 256) {
        float unit = store_half(symmetric_unit(values, 31, -4), blocks + 108);
        uint8_t codes[256];
        memset(blocks, 0, 108);
        for (int group = 0; group < 16; group++) {
            const float *part = values + 16 * group;
            float chosen = choose_step(part, 16, unit, 31, -4);
            encode_group(part, 16, unit * chosen, 0, -4, 3, codes + 16 * group);
            int step = (int)chosen + 32;
            blocks[96 + (group & 7)] |= (uint8_t)((step & 15) << 4 * (group / 8));
            blocks[104 + (group & 3)] |= (uint8_t)(step >> 4 << 2 * (group / 4));
        }
        for (int i = 0; i < 256; i++) blocks[i % 32] |= (uint8_t)(codes[i] >> 2 << i / 32);
        pack_quarters(codes, blocks + 32);
    }
}
