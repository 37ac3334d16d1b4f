// [16 bytes of steps: scale low, offset high][2 × 32 bytes of four codes][scale unit: F16][offset unit: F16]; groups of
// 16. Byte i of half h holds values 128h + i, + 32, + 64, + 96, lowest bits first.

static inline void pack_quarters(const uint8_t *codes, uint8_t *bytes) {
    for (int half = 0; half < 2; half++, codes += 128, bytes += 32) {
        for (int i = 0; i < 32; i++) {
            int low = (codes[i] & 3) | (codes[i + 32] & 3) << 2;
            bytes[i] = (uint8_t)(low | (codes[i + 64] & 3) << 4 | (codes[i + 96] & 3) << 6);
        }
    }
}

static void decode_q2_k(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 84) {
        float scale_unit = half_at(blocks + 80), offset_unit = half_at(blocks + 82);
        for (int group = 0; group < 16; group++, values += 16) {
            float scale = scale_unit * (float)(blocks[group] & 15), offset = offset_unit * (float)(blocks[group] >> 4);
            const uint8_t *quarters = blocks + 16 + 32 * (group / 8) + 16 * (group & 1);
            int shift = group & 6;
            for (int i = 0; i < 16; i++) values[i] = scale * (float)(quarters[i] >> shift & 3) - offset;
        }
    }
}

static void encode_q2_k(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 84, values += 256) {
        affine fits[16], unit = fit_groups(values, 16, 16, 3, 15, fits, blocks + 80, blocks + 82);
        uint8_t codes[256];
        for (int group = 0; group < 16; group++) {
            const float *part = values + 16 * group;
            affine step = choose_steps(part, 16, fits[group], unit, 15, 3);
            blocks[group] = (uint8_t)((int)step.scale | (int)step.offset << 4);
            encode_group(part, 16, unit.scale * step.scale, unit.offset * step.offset, 0, 3, codes + 16 * group);
        }
        pack_quarters(codes, blocks + 16);
    }
}
