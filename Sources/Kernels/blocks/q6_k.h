// [2 × 64 bytes of two lower halves][2 × 32 bytes of four upper pairs][16 signed bytes of steps][scale unit: F16];
// groups of 16; value = scale unit * step * (code - 32). Of the four runs of 32 values in half h, run r has its lower
// halves in bytes 32 (r % 2) + i, low for r < 2, and its upper bits in pair r of byte i.

static void decode_q6_k(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 210) {
        float unit = half_at(blocks + 208);
        for (int group = 0; group < 16; group++, values += 16) {
            float scale = unit * (float)(int8_t)blocks[192 + group];
            int half = group / 8, run = group / 2 % 4, first = 16 * (group & 1);
            const uint8_t *low = blocks + 64 * half + 32 * (run & 1) + first, *high = blocks + 128 + 32 * half + first;
            int shift = 4 * (run / 2), pair = 2 * run;
            for (int i = 0; i < 16; i++) {
                int code = (low[i] >> shift & 15) | (high[i] >> pair & 3) << 4;
                values[i] = scale * (float)(code - 32);
            }
        }
    }
}

static void encode_q6_k(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 210, values += 256) {
        float unit = store_half(symmetric_unit(values, 127, -32), blocks + 208);
        uint8_t codes[256];
        for (int group = 0; group < 16; group++) {
            const float *part = values + 16 * group;
            float step = choose_step(part, 16, unit, 127, -32);
            blocks[192 + group] = (uint8_t)(int)step;
            encode_group(part, 16, unit * step, 0, -32, 31, codes + 16 * group);
        }
        for (int half = 0; half < 2; half++) {
            const uint8_t *runs = codes + 128 * half;
            for (int i = 0; i < 64; i++) blocks[64 * half + i] = (uint8_t)((runs[i] & 15) | runs[i + 64] << 4);
            for (int i = 0; i < 32; i++) {
                int low = runs[i] >> 4 | runs[i + 32] >> 4 << 2;
                blocks[128 + 32 * half + i] = (uint8_t)(low | runs[i + 64] >> 4 << 4 | runs[i + 96] >> 4 << 6);
            }
        }
    }
}
