// [scale: F16][32 signed bytes]; value = scale * byte.

static void decode_q8_0(const uint8_t *blocks, float *values, size_t count) {
    for (; count > 0; count--, blocks += 34, values += 32) {
        float scale = half_at(blocks);
        for (int i = 0; i < 32; i++) values[i] = scale * (float)(int8_t)blocks[2 + i];
    }
}

static void encode_q8_0(const float *values, uint8_t *blocks, size_t count) {
    for (; count > 0; count--, blocks += 34, values += 32) {
        uint32_t peak = 0;
        for (int i = 0; i < 32; i++) {
            uint32_t magnitude = bits_of(values[i]) & 0x7fffffff;
            peak = magnitude > peak ? magnitude : peak;
        }
        float scale = float_of(peak) / 127, inverse = inverse_of(scale);
        store_half(scale, blocks);
        for (int i = 0; i < 32; i++) {
            float scaled = values[i] * inverse;
            float held = fabsf(scaled) < 128 ? scaled : 0;
            int whole = (int)held;  // halves go away from zero
            float rest = held - (float)whole;
            blocks[2 + i] = (uint8_t)(whole + (rest >= 0.5f) - (rest <= -0.5f));
        }
    }
}
