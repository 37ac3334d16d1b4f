#include "kernels_quantised.h"

#include "blocks/common.h"
#include "blocks/numbers.h"
#include "quantised.h"

// The portable path, and the choice between paths.

static inline float bf16_at(const uint8_t *bytes) {
    return float_of((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 24);
}

#define DEFINE_FLOAT_ROWS(NAME, WIDENED) \
    static void NAME( \
        const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, const float *x, float *y) { \
        for (size_t r = 0; r < count; r++, rows += row_bytes) { \
            float sums[4] = {0}; \
            size_t i = 0; \
            for (; i + 4 <= columns; i += 4) \
                for (int j = 0; j < 4; j++) sums[j] += WIDENED(rows + 2 * (i + (size_t)j)) * x[i + (size_t)j]; \
            for (; i < columns; i++) sums[0] += WIDENED(rows + 2 * i) * x[i]; \
            y[r] = (sums[0] + sums[1]) + (sums[2] + sums[3]); \
        } \
    }

DEFINE_FLOAT_ROWS(f16_rows, half_at)
DEFINE_FLOAT_ROWS(bf16_rows, bf16_at)

static inline float q8_0_block(const uint8_t *block, see_quantised_vector x, size_t b, float sum) {
    const int8_t *codes = x.codes + 32 * b;
    int32_t whole = 0;
    for (int i = 0; i < 32; i++) whole += (int32_t)(int8_t)block[2 + i] * codes[i];
    return sum + half_at(block) * x.scales[b] * (float)whole;
}

static inline float q4_0_block(const uint8_t *block, see_quantised_vector x, size_t b, float sum) {
    const int8_t *codes = x.codes + 32 * b;
    int32_t whole = 8 * x.negated_sums[b];
    for (int i = 0; i < 16; i++) whole += (block[2 + i] & 15) * codes[i] + (block[2 + i] >> 4) * codes[16 + i];
    return sum + half_at(block) * x.scales[b] * (float)whole;
}

static inline float q4_k_block(const uint8_t *block, see_quantised_vector x, size_t b, float sum) {
    float scale_unit = half_at(block), offset_unit = half_at(block + 2);
    uint8_t steps[16];
    q4_k_steps(block + 4, steps);
    for (size_t group = 0; group < 8; group++) {
        const uint8_t *pairs = block + 16 + 32 * (group / 2);
        const int8_t *codes = x.codes + 256 * b + 32 * group;
        int shift = 4 * (group & 1);
        int32_t whole = 0;
        for (int i = 0; i < 32; i++) whole += (pairs[i] >> shift & 15) * codes[i];
        float scale = scale_unit * (float)steps[group], offset = offset_unit * (float)steps[8 + group];
        sum += x.scales[8 * b + group] * (scale * (float)whole + offset * (float)x.negated_sums[8 * b + group]);
    }
    return sum;
}

#define DEFINE_ROWS(NAME, BLOCK, VALUES, BYTES) \
    static void NAME( \
        const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, see_quantised_vector x, float *y) { \
        for (size_t r = 0; r < count; r++, rows += row_bytes) { \
            float sum = 0; \
            for (size_t b = 0; b < columns / VALUES; b++) sum = BLOCK(rows + BYTES * b, x, b, sum); \
            y[r] = sum; \
        } \
    }

DEFINE_ROWS(q8_0_rows, q8_0_block, 32, 34)
DEFINE_ROWS(q4_0_rows, q4_0_block, 32, 18)
DEFINE_ROWS(q4_k_rows, q4_k_block, 256, 144)

const see_product_table see_products_portable = {f16_rows, bf16_rows, q8_0_rows, q4_0_rows, q4_k_rows};

void see_quantise_vector(
    const float *values, size_t count, int8_t *codes, float *scales, int32_t *negated_sums) {
    for (size_t b = 0; b < count / 32; b++) {
        const float *part = values + 32 * b;
        float peak = 0;
        for (int i = 0; i < 32; i++) {
            float magnitude = float_of(bits_of(part[i]) & 0x7fffffff);
            peak = magnitude > peak ? magnitude : peak;
        }
        float scale = peak / 127, inverse = inverse_of(scale);
        int32_t sum = 0;
        for (int i = 0; i < 32; i++) {
            float scaled = part[i] * inverse;
            float held = scaled > -128 && scaled < 128 ? scaled : 0;
            // Adding 1.5 * 2^23 rounds to the nearest whole number, ties to even.
            int32_t code = (int32_t)(bits_of(held + 12582912.0f) - bits_of(12582912.0f));
            codes[32 * b + (size_t)i] = (int8_t)code;
            sum += code;
        }
        scales[b] = scale;
        negated_sums[b] = -sum;
    }
}

static int has_vnni(void) {
#if SEE_HAS_X86_PATHS
    return __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}

int see_panels_available(void) { return see_kernels_active_path() == SEE_KERNELS_AVX512 && has_vnni(); }

static const see_product_table *products(void) {
#if SEE_HAS_X86_PATHS
    if (see_panels_available()) return &see_products_vnni;
    if (see_kernels_active_path() >= SEE_KERNELS_AVX2) return &see_products_avx2;
#endif
    return &see_products_portable;
}

void see_weights_times_vector(
    see_weight_format format, const uint8_t *rows_start, size_t row_bytes, size_t rows, size_t columns,
    const float *x, float *y) {
    const see_product_table *table = products();
    (format == SEE_WEIGHTS_F16 ? table->f16 : table->bf16)(rows_start, row_bytes, rows, columns, x, y);
}

void see_weights_times_quantised(
    see_weight_format format, const uint8_t *rows_start, size_t row_bytes, size_t rows, size_t columns,
    see_quantised_vector x, float *y) {
    const see_product_table *table = products();
    see_row_product product = format == SEE_WEIGHTS_Q8_0 ? table->q8_0
        : format == SEE_WEIGHTS_Q4_0                     ? table->q4_0
                                                         : table->q4_k;
    product(rows_start, row_bytes, rows, columns, x, y);
}
