// Eight 6-bit scales and eight 6-bit offsets in 12 bytes, as Q4_K and Q5_K hold them: the first four of each lie whole
// in bytes 0...7; of the others the lower halves are in bytes 8...11, the upper two bits on top of bytes 0...7.

typedef struct { uint8_t scale, offset; } steps;

static inline steps steps_at(const uint8_t *bytes, int group) {
    if (group < 4) return (steps){bytes[group] & 63, bytes[group + 4] & 63};
    int scale = (bytes[group + 4] & 15) | (bytes[group - 4] >> 6) << 4;
    return (steps){(uint8_t)scale, (uint8_t)(bytes[group + 4] >> 4 | (bytes[group] >> 6) << 4)};
}

static inline void store_steps(const steps *groups, uint8_t *bytes) {
    for (int i = 0; i < 4; i++) {
        steps first = groups[i], second = groups[i + 4];
        bytes[i] = (uint8_t)(first.scale | (second.scale >> 4) << 6);
        bytes[i + 4] = (uint8_t)(first.offset | (second.offset >> 4) << 6);
        bytes[i + 8] = (uint8_t)((second.scale & 15) | (second.offset & 15) << 4);
    }
}

/// Writes units and steps for eight groups of 32 values, `[scale unit: F16][offset unit: F16][12 bytes]`, and gives
/// their codes in 0...limit.
static inline void encode_eight_groups(const float *values, int limit, uint8_t *bytes, uint8_t *codes) {
    affine fits[8];
    affine unit = fit_groups(values, 8, 32, limit, 63, fits, bytes, bytes + 2);
    steps chosen[8];
    for (int group = 0; group < 8; group++) {
        const float *part = values + 32 * group;
        affine step = choose_steps(part, 32, fits[group], unit, 63, (float)limit);
        encode_group(part, 32, unit.scale * step.scale, unit.offset * step.offset, 0, (float)limit, codes + 32 * group);
        chosen[group] = (steps){(uint8_t)step.scale, (uint8_t)step.offset};
    }
    store_steps(chosen, bytes + 4);
}
