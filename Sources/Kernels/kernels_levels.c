#include "kernels_levels.h"
#include "simd.h"

#include <string.h>

#if SEE_HAS_X86_PATHS
#include <immintrin.h>
#endif

#pragma clang fp contract(fast)

/// The bits of a code in each width; a block takes eight times as many bytes.
static const int code_bits[SEE_LEVEL_WIDTHS] = {0, 2, 3, 4, 16};

/// The levels of a packed block.
static void unpack(
    const see_level_tables *tables, int width, const uint8_t *codes, const uint8_t *classes, int32_t first_class,
    int32_t *levels) {
    int bits = code_bits[width];
    for (int group = 0; group < SEE_LEVEL_BLOCK / 8; group++, codes += bits) {
        uint32_t packed = 0;
        memcpy(&packed, codes, (size_t)bits);
        for (int i = 0; i < 8; i++, packed >>= bits) {
            int code = (int)(packed & ((1u << bits) - 1));
            int c = first_class + *classes++ / 8;
            *levels++ = width == SEE_LEVELS_4 ? tables->firsts[c * 16 + code] + tables->seconds[c * 16 + code]
                                              : tables->small[c * 8 + code];
        }
    }
}

/// The product of row `row` of `rows` whose blocks alternate.
static float dot_portable(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int32_t offset, const uint8_t *codes,
    const see_level_vector *vector, int row, int rows) {
    int64_t sum = 0;
    float wide = 0;
    size_t block = 0;
    for (size_t run = 0; run < run_count; run++) {
        int width = runs[run].width;
        if (width == SEE_LEVELS_NONE) {
            block += runs[run].blocks;
            continue;
        }
        int block_bytes = 8 * code_bits[width];
        for (int left = runs[run].blocks; left > 0; left--, block++, codes += rows * block_bytes) {
            const uint8_t *packed = codes + row * block_bytes;
            size_t column = block * SEE_LEVEL_BLOCK;
            if (width == SEE_LEVELS_16) {
                int16_t levels[SEE_LEVEL_BLOCK];
                memcpy(levels, packed, sizeof levels);
                for (int i = 0; i < SEE_LEVEL_BLOCK; i++) wide += (float)levels[i] * vector->values[column + (size_t)i];
                continue;
            }
            int32_t levels[SEE_LEVEL_BLOCK];
            unpack(tables, width, packed, tables->classes + column, tables->block_classes[block] + offset, levels);
            const uint8_t *high = vector->high + column, *low = vector->low + column;
            for (int i = 0; i < SEE_LEVEL_BLOCK; i++) sum += levels[i] * (256 * (high[i] - 128) + low[i]);
        }
    }
    return (float)sum * vector->scale + wide;
}

#if SEE_HAS_X86_PATHS
// The path needs two features that not every CPU with AVX-512 has; the others take the portable one.
#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni")))

TARGET static inline __m512i load(const void *bytes) { return _mm512_loadu_si512(bytes); }

/// 64 codes of `bits` bits in the lowest bits of a byte each, with others above: groups of eight codes are moved to lanes of
/// 64 bits, from which every byte takes those that begin where its code does.
TARGET static inline __m512i spread(const uint8_t *codes, __m512i groups, int bits) {
    __m512i shifts = _mm512_set1_epi64(0x0706050403020100ll * bits);
    return _mm512_multishift_epi64_epi8(shifts, _mm512_permutexvar_epi8(groups, load(codes)));
}

/// Where the bytes of the eight groups of codes lie, for `spread`.
TARGET static inline __m512i group_bytes(int bits) {
    uint8_t places[64];
    for (int i = 0; i < 64; i++) places[i] = (uint8_t)(i / 8 * bits + i % 8);
    return load(places);
}

/// The lowest bits of `codes` that `mask` has, or the classes in front of them.
TARGET static inline __m512i indices(__m512i codes, int mask, __m512i classes) {
    return _mm512_ternarylogic_epi64(codes, _mm512_set1_epi8((char)mask), classes, 0xEA);
}

TARGET static int64_t add_lanes(__m512i sums) {
    __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums));
    __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1));
    return _mm512_reduce_add_epi64(_mm512_add_epi64(low, high));
}

/// How far ahead of the codes the memory is asked for: the processor's own prediction ends at a page.
enum { BYTES_AHEAD = 4096 };

/// Asks for the memory ahead of `count` bytes of codes.
TARGET static inline void ask(const uint8_t *codes, int count) {
    for (int i = 0; i < count; i += 64) _mm_prefetch(codes + BYTES_AHEAD + i, _MM_HINT_T0);
}

// Products of unsigned with signed bytes, four of which an instruction adds up: 2 · 2¹⁷ a block and lane at most, so that 4,096
// blocks fit. Always inlined, so that `rows` is a constant and the sums stay in registers.
TARGET __attribute__((always_inline)) static inline void dot_avx512(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int32_t offset, const uint8_t *codes,
    const int32_t *level_sums, const see_level_vector *vector, float *products, const int rows) {
    const __m512i groups2 = group_bytes(2), groups3 = group_bytes(3), groups4 = group_bytes(4);
    __m512i high_sums[SEE_LEVEL_ROWS], low_sums[SEE_LEVEL_ROWS];
    __m512 wide[SEE_LEVEL_ROWS];
    SEE_UNROLL for (int r = 0; r < rows; r++) {
        high_sums[r] = low_sums[r] = _mm512_setzero_si512();
        wide[r] = _mm512_setzero_ps();
    }
    const uint8_t *high = vector->high, *low = vector->low, *classes = tables->classes;
    const int32_t *first_class = tables->block_classes;
    for (size_t run = 0; run < run_count; run++) {
        size_t count = runs[run].blocks;
        switch (runs[run].width) {
        case SEE_LEVELS_NONE: break;
        case SEE_LEVELS_2:
        case SEE_LEVELS_3: {
            // One loop for both: the number of bits is the same for the whole run.
            int bits = code_bits[runs[run].width];
            __m512i groups = bits == 2 ? groups2 : groups3;
            for (size_t b = 0; b < count; b++, codes += rows * 8 * bits) {
                ask(codes, rows * 8 * bits);
                __m512i table = load(tables->small + (first_class[b] + offset) * 8);
                __m512i class = load(classes + 64 * b);
                __m512i highs = load(high + 64 * b), lows = load(low + 64 * b);
                SEE_UNROLL for (int r = 0; r < rows; r++) {
                    const uint8_t *row = codes + r * 8 * bits;
                    __m512i index = indices(spread(row, groups, bits), (1 << bits) - 1, class);
                    __m512i levels = _mm512_permutexvar_epi8(index, table);
                    high_sums[r] = _mm512_dpbusd_epi32(high_sums[r], highs, levels);
                    low_sums[r] = _mm512_dpbusd_epi32(low_sums[r], lows, levels);
                }
            }
            break;
        }
        case SEE_LEVELS_4:
            for (size_t b = 0; b < count; b++, codes += rows * 32) {
                ask(codes, rows * 32);
                int32_t at = (first_class[b] + offset) * 16;
                const int8_t *firsts = tables->firsts + at, *seconds = tables->seconds + at;
                __m512i first_low = load(firsts), first_high = load(firsts + 64);
                __m512i second_low = load(seconds), second_high = load(seconds + 64);
                __m512i class = _mm512_slli_epi16(load(classes + 64 * b), 1);
                __m512i highs = load(high + 64 * b), lows = load(low + 64 * b);
                SEE_UNROLL for (int r = 0; r < rows; r++) {
                    const uint8_t *row = codes + r * 32;
                    __m512i index = indices(spread(row, groups4, 4), 15, class);
                    __m512i first = _mm512_permutex2var_epi8(first_low, index, first_high);
                    __m512i second = _mm512_permutex2var_epi8(second_low, index, second_high);
                    high_sums[r] = _mm512_dpbusd_epi32(high_sums[r], highs, first);
                    low_sums[r] = _mm512_dpbusd_epi32(low_sums[r], lows, first);
                    high_sums[r] = _mm512_dpbusd_epi32(high_sums[r], highs, second);
                    low_sums[r] = _mm512_dpbusd_epi32(low_sums[r], lows, second);
                }
            }
            break;
        default: {
            const float *values = vector->values + (high - vector->high);
            for (size_t b = 0; b < count; b++, codes += rows * 128) {
                ask(codes, rows * 128);
                SEE_UNROLL for (int i = 0; i < SEE_LEVEL_BLOCK; i += 16) {
                    __m512 value = _mm512_loadu_ps(values + SEE_LEVEL_BLOCK * b + i);
                    SEE_UNROLL for (int r = 0; r < rows; r++) {
                        const uint8_t *row = codes + r * 128 + 2 * i;
                        __m512i levels = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)row));
                        wide[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(levels), value, wide[r]);
                    }
                }
            }
        }
        }
        high += 64 * count, low += 64 * count, classes += 64 * count, first_class += count;
    }
    SEE_UNROLL for (int r = 0; r < rows; r++) {
        int64_t sum = 256 * (add_lanes(high_sums[r]) - 128 * (int64_t)level_sums[r]) + add_lanes(low_sums[r]);
        products[r] = (float)sum * vector->scale + _mm512_reduce_add_ps(wide[r]);
    }
}

TARGET static void products_avx512(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int32_t offset, const uint8_t *codes,
    size_t row_bytes, const int32_t *level_sums, size_t rows, const see_level_vector *vector, float *products) {
    size_t row = 0;
    for (; row + SEE_LEVEL_ROWS <= rows; row += SEE_LEVEL_ROWS)
        dot_avx512(tables, runs, run_count, offset, codes + row * row_bytes, level_sums + row, vector, products + row,
                   SEE_LEVEL_ROWS);
    for (; row < rows; row++)
        dot_avx512(tables, runs, run_count, offset, codes + row * row_bytes, level_sums + row, vector, products + row, 1);
}

static int has_byte_permutes_and_products(void) {
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}
#endif

void see_level_products(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int32_t offset, const uint8_t *codes,
    size_t row_bytes, const int32_t *level_sums, size_t rows, const see_level_vector *vector, float *products) {
#if SEE_HAS_X86_PATHS
    if (see_kernels_active_path() == SEE_KERNELS_AVX512 && has_byte_permutes_and_products()) {
        products_avx512(tables, runs, run_count, offset, codes, row_bytes, level_sums, rows, vector, products);
        return;
    }
#endif
    for (size_t row = 0; row < rows; row++) {
        size_t first = row / SEE_LEVEL_ROWS * SEE_LEVEL_ROWS;
        int alternate = first + SEE_LEVEL_ROWS <= rows;
        products[row] = dot_portable(
            tables, runs, run_count, offset, codes + (alternate ? first : row) * row_bytes, vector,
            alternate ? (int)(row - first) : 0, alternate ? SEE_LEVEL_ROWS : 1);
    }
}

void see_add_level_exceptions(
    const see_level_exception *exceptions, const int32_t *starts, size_t rows, const float *values, float *products) {
    const see_level_exception *exception = exceptions + starts[0];
    for (size_t row = 0; row < rows; row++) {
        const see_level_exception *end = exceptions + starts[row + 1];
        float sum = 0;
        for (; exception < end; exception++) sum += (float)exception->level * values[exception->column];
        products[row] += sum;
    }
}

#define DEFINE_BYTE_PRODUCTS(PATH, TARGET, LANES) \
    TARGET static float dot_i8_##PATH(const int8_t *a, const float *b, size_t count) { \
        SEE_VECTOR(float, LANES); \
        typedef int8_t BYTES __attribute__((vector_size(LANES), aligned(1), may_alias)); \
        VECTOR sums[4] = {{0}}; \
        size_t i = 0; \
        for (; i + 4 * LANES <= count; i += 4 * LANES) { \
            SEE_UNROLL for (int j = 0; j < 4; j++) \
                sums[j] += __builtin_convertvector(*(const BYTES *)(a + i + j * LANES), VECTOR) \
                    * *(const LOOSE *)(b + i + j * LANES); \
        } \
        VECTOR total = (sums[0] + sums[1]) + (sums[2] + sums[3]); \
        SEE_ADD_LANES(total, LANES); \
        float sum = total[0]; \
        for (; i < count; i++) sum += (float)a[i] * b[i]; \
        return sum; \
    } \
    TARGET static void axpy_i8_##PATH(float alpha, const int8_t *x, float *y, size_t count) { \
        SEE_VECTOR(float, LANES); \
        typedef int8_t BYTES __attribute__((vector_size(LANES), aligned(1), may_alias)); \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) \
            *(LOOSE *)(y + i) += alpha * __builtin_convertvector(*(const BYTES *)(x + i), VECTOR); \
        for (; i < count; i++) y[i] += alpha * (float)x[i]; \
    }

DEFINE_BYTE_PRODUCTS(portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_BYTE_PRODUCTS(avx2, SEE_AVX2, 8)
DEFINE_BYTE_PRODUCTS(avx512, SEE_AVX512, 16)
#endif

float see_dot_i8(const int8_t *a, const float *b, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), dot_i8)(a, b, count);
}

void see_axpy_i8(float alpha, const int8_t *x, float *y, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), axpy_i8)(alpha, x, y, count);
}
