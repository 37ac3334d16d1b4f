#include "levels.h"

#include <stdlib.h>
#include <string.h>

#pragma clang fp contract(fast)

/// The whole number nearest to x, below 2²²: what is added leaves no bits for fractions. Loops of it become vectors on every path.
static inline float nearest(float x) {
    const float shift = 3 << 22;
    return (x + shift) - shift;
}

float see_level_digits(const float *values, size_t count, float largest, uint8_t *high, uint8_t *low) {
    const float limit = 127 * DIGIT_BASE + 127;
    const float scale = largest > 0 ? largest / limit : 1;
    for (size_t i = 0; i < count; i++) {
        float integer = values[i] / scale;
        integer = nearest(integer > limit ? limit : integer > -limit ? integer : -limit);
        float upper = nearest(integer / DIGIT_BASE);
        high[i] = (uint8_t)(int32_t)(upper + 128);
        low[i] = (uint8_t)(int32_t)(integer - DIGIT_BASE * upper + 128);
    }
    return scale;
}

/// The code of `row` in `column` of a block.
static int code_at(int width, const uint8_t *block, int row, int column) {
    const uint8_t *bytes = block + column;
    switch (width) {
    case SEE_LEVELS_2: return bytes[row / 4 * 64] >> row % 4 * 2 & 3;
    case SEE_LEVELS_3:
        if (row < 6) return bytes[row / 2 * 64] >> row % 2 * 3 & 7;
        return (bytes[0] >> 6 | bytes[64] >> 6 << 2 | bytes[128] >> 6 << 4) >> row % 2 * 3 & 7;
    default: {
        int packed = bytes[row / 2 * 64] >> row % 2 * 3 & 7;
        return packed << 1 | (bytes[row / 2 * 64] >> (6 + row % 2) & 1);
    }
    }
}

void see_pack_level(see_level_width width, int q, int row, int column, uint8_t *block) {
    uint8_t *bytes = block + column;
    int code = q < 0 ? 1 - 2 * q : 2 * q;
    switch (width) {
    case SEE_LEVELS_8: bytes[row * 64] = (uint8_t)q; return;
    case SEE_LEVELS_2: bytes[row / 4 * 64] |= (uint8_t)(code << row % 4 * 2); return;
    case SEE_LEVELS_3: {
        if (row < 6) {
            bytes[row / 2 * 64] |= (uint8_t)(code << row % 2 * 3);
            return;
        }
        int six = code << row % 2 * 3;
        for (int i = 0; i < 3; i++) bytes[i * 64] |= (uint8_t)((six >> 2 * i & 3) << 6);
        return;
    }
    default: bytes[row / 2 * 64] |= (uint8_t)((code >> 1) << row % 2 * 3 | (code & 1) << (6 + row % 2));
    }
}

/// The level of `row` in `column` of a block whose tables are those of a class.
static int32_t level_at(
    const see_level_tables *tables, int32_t class, int width, const uint8_t *block, int row, int column) {
    const uint8_t *magnitudes = tables->magnitudes + SEE_LEVEL_CLASS_ENTRIES * class;
    if (width == SEE_LEVELS_8) {
        int q = (int8_t)block[row * 64 + column];
        int32_t magnitude = abs(q) >= SEE_LEVEL_CLASS_ENTRIES ? SEE_LEVEL_STEP * abs(q) : magnitudes[abs(q)];
        return q < 0 ? -magnitude : magnitude;
    }
    int code = code_at(width, block, row, column);
    if (width != SEE_LEVELS_4) return tables->small[8 * class + code];
    return code & 1 ? -magnitudes[code / 2] : magnitudes[code / 2];
}

/// The product of row `row` of eight.
static float dot_portable(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int32_t offset, const uint8_t *codes,
    const see_level_vector *vector, int row) {
    int64_t sum = 0;
    float wide = 0;
    size_t block = 0;
    for (size_t run = 0; run < run_count; run++) {
        int width = runs[run].width;
        for (int left = runs[run].blocks; left > 0; left--, block++, codes += see_level_block_bytes[width]) {
            size_t column = block * SEE_LEVEL_BLOCK;
            if (width == SEE_LEVELS_NONE) continue;
            if (width == SEE_LEVELS_16) {
                int16_t levels[SEE_LEVEL_BLOCK];
                memcpy(levels, codes + row * (int)sizeof levels, sizeof levels);
                for (int i = 0; i < SEE_LEVEL_BLOCK; i++) wide += (float)levels[i] * vector->values[column + (size_t)i];
                continue;
            }
            const uint8_t *high = vector->high + column, *low = vector->low + column, *classes = tables->classes + column;
            int32_t first_class = tables->block_classes[block] + offset;
            for (int i = 0; i < SEE_LEVEL_BLOCK; i++) {
                int32_t level = level_at(tables, first_class + classes[i] / 8, width, codes, row, i);
                sum += level * (DIGIT_BASE * (high[i] - 128) + (low[i] - 128));
            }
        }
    }
    return (float)sum * vector->scale + wide;
}

#if SEE_HAS_X86_PATHS
/// Whether the sums over all lanes of a row fit 32 bits: a lane gets less than 2¹⁷ from a block of codes, less than 17 times that from
/// bytes.
static int fits_32_bits(const see_level_run *runs, size_t run_count) {
    size_t most = 0;
    for (size_t i = 0; i < run_count; i++) most += (runs[i].width == SEE_LEVELS_8 ? 17u : 1u) * runs[i].blocks;
    return most * 16 << 17 < (size_t)1 << 31;
}

static int has_byte_permutes_and_products(void) {
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}
#endif

void see_level_products(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int32_t offset, const uint8_t *codes,
    size_t row_bytes, const int32_t *level_sums, size_t rows, const see_level_vector *vector, float *products) {
#if SEE_HAS_X86_PATHS
    int is_fast = see_kernels_active_path() == SEE_KERNELS_AVX512 && has_byte_permutes_and_products();
    int fits_32 = fits_32_bits(runs, run_count);
#endif
    for (size_t row = 0; row < rows; row += SEE_LEVEL_ROWS, codes += SEE_LEVEL_ROWS * row_bytes) {
        size_t count = rows - row < SEE_LEVEL_ROWS ? rows - row : SEE_LEVEL_ROWS;
#if SEE_HAS_X86_PATHS
        if (is_fast) {
            see_level_dot_vbmi(
                tables, runs, run_count, fits_32, offset, codes, level_sums + row, vector, products + row, count);
            continue;
        }
#endif
        for (size_t r = 0; r < count; r++)
            products[row + r] = dot_portable(tables, runs, run_count, offset, codes, vector, (int)r);
    }
}

void see_add_level_exceptions(
    const uint32_t *exceptions, const int32_t *starts, size_t blocks, const float *values, float *restrict products) {
    const uint32_t *exception = exceptions + starts[0];
    for (size_t block = 0; block < blocks; block++, values += SEE_LEVEL_BLOCK) {
        const uint32_t *end = exceptions + starts[block + 1];
        for (; exception < end; exception++) {
            int32_t level = (int32_t)(*exception << 14) >> 14;
            products[*exception >> 18 & 0xFF] += (float)level * values[*exception >> 26];
        }
    }
}
