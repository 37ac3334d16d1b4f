#include "levels.h"

#if SEE_HAS_X86_PATHS
#include <immintrin.h>

#pragma clang fp contract(fast)

// The path needs two features that not every CPU with AVX-512 has; the others take the portable one.
#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni")))

// Inlined for certain: an argument that is known then leaves no branch.
#define INLINE static inline __attribute__((always_inline))

TARGET static inline __m512i load(const void *bytes) { return _mm512_loadu_si512(bytes); }

/// The bits of `codes` that `mask` has, with `others` in the rest.
TARGET static inline __m512i pick(__m512i codes, int mask, __m512i others) {
    return _mm512_ternarylogic_epi64(codes, _mm512_set1_epi8((char)mask), others, 0xEA);
}

TARGET static int64_t add_lanes(__m512i sums) {
    __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums));
    __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1));
    return _mm512_reduce_add_epi64(_mm512_add_epi64(low, high));
}

/// Halves the sums that each of two vectors still is, lane by lane of 128 bits, and puts them side by side.
TARGET static inline __m512i halve(__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

/// The same of pairs.
TARGET static inline __m512i halve_pairs(__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/// The same of lanes of 128 bits.
TARGET static inline __m512i halve_lanes(__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
}

/// The sums over the lanes of four vectors in each lane of 128 bits, a quarter of each.
TARGET static inline __m512i quarters(__m512i a, __m512i b, __m512i c, __m512i d) {
    return halve_pairs(halve(a, b), halve(c, d));
}

/// How far ahead of the codes the memory is asked for: the processor's own prediction ends at a page.
enum { BYTES_AHEAD = 4096 };

/// Asks for the memory ahead of `count` bytes of codes.
TARGET static inline void ask(const uint8_t *codes, int count) {
    for (int i = 0; i < count; i += 64) _mm_prefetch(codes + BYTES_AHEAD + i, _MM_HINT_T0);
}

/// What a block has for all rows: its columns' classes and the tables, each in two orders. In the first, a code lies in bits 0…2 of an
/// index and the class above it; in the second the class lies below and the code in bits 3…5, where it is in every second row.
/// Where all columns have one class, the tables do not ask for it, nor for any bits but the code's: bytes are indices as they are.
typedef struct {
    __m512i classes, turned_classes, table, turned_table;
} block_tables;

TARGET static inline block_tables
load_tables(const uint8_t *classes, const void *table, const void *turned_table) {
    __m512i above = load(classes);
    // Classes are multiples of 8 below 64: no bit crosses into another byte.
    return (block_tables){above, _mm512_srli_epi16(above, 3), load(table), load(turned_table)};
}

/// The same of a block whose columns have one class.
TARGET static inline block_tables load_spread_tables(const void *tables) {
    __m512i none = _mm512_setzero_si512();
    return (block_tables){none, none, load(tables), load((const uint8_t *)tables + 64)};
}

/// What the lower codes of `codes` stand for; bits 6 and 7 of an index do not count.
TARGET INLINE __m512i lower(const block_tables *tables, __m512i codes, int has_one_class) {
    __m512i indices = has_one_class ? codes : pick(codes, 7, tables->classes);
    return _mm512_permutexvar_epi8(indices, tables->table);
}

/// What the codes in bits 3…5 stand for.
TARGET INLINE __m512i upper(const block_tables *tables, __m512i codes, int has_one_class) {
    __m512i indices = has_one_class ? codes : pick(codes, 7 << 3, tables->turned_classes);
    return _mm512_permutexvar_epi8(indices, tables->turned_table);
}

/// Sums of products of bytes with the vector's digits, which an instruction adds up by fours: 2 · 2¹⁶ a block and lane at most,
/// so that 4,096 blocks fit.
typedef struct {
    __m512i high, low;
} digit_sums;

/// The sums over the lanes of eight rows, both digits put together. All rows at once: one by one they would take as long as several
/// blocks.
TARGET static inline __m512i add_all_lanes(const digit_sums sums[SEE_LEVEL_ROWS], int fits_32) {
    if (fits_32) {
        __m512i parts[4];
        SEE_UNROLL for (int i = 0; i < 2; i++) {
            const digit_sums *four = sums + 4 * i;
            parts[i] = quarters(four[0].high, four[1].high, four[2].high, four[3].high);
            parts[2 + i] = quarters(four[0].low, four[1].low, four[2].low, four[3].low);
        }
        __m512i all = halve_lanes(halve_lanes(parts[0], parts[1]), halve_lanes(parts[2], parts[3]));
        __m512i high = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(all));
        __m512i low = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(all, 1));
        return _mm512_add_epi64(_mm512_sub_epi64(_mm512_slli_epi64(high, 8), high), low);
    }
    int64_t totals[SEE_LEVEL_ROWS];
    SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++)
        totals[r] = DIGIT_BASE * add_lanes(sums[r].high) + add_lanes(sums[r].low);
    return load(totals);
}

/// Adds signed levels times digits that lie 128 too high.
TARGET static inline void add_signed(digit_sums *sums, __m512i levels, __m512i high, __m512i low) {
    sums->high = _mm512_dpbusd_epi32(sums->high, high, levels);
    sums->low = _mm512_dpbusd_epi32(sums->low, low, levels);
}

/// Adds magnitudes of levels times digits, those of the columns in `negative` from the second vectors.
TARGET static inline void add_magnitudes(
    digit_sums *sums, __m512i magnitudes, __mmask64 negative, const __m512i high[2], const __m512i low[2]) {
    sums->high = _mm512_dpbusd_epi32(sums->high, magnitudes, _mm512_mask_mov_epi8(high[0], negative, high[1]));
    sums->low = _mm512_dpbusd_epi32(sums->low, magnitudes, _mm512_mask_mov_epi8(low[0], negative, low[1]));
}

/// Digits of both signs: those of a vector less 128, and 0 less these.
TARGET static inline void load_digits(const uint8_t *biased, __m512i digits[2]) {
    digits[0] = _mm512_xor_si512(load(biased), _mm512_set1_epi8((char)0x80));
    digits[1] = _mm512_sub_epi8(_mm512_setzero_si512(), digits[0]);
}

/// The columns of a run of blocks.
typedef struct {
    const int32_t *first_class;
    int32_t offset;
    const uint8_t *classes, *high, *low;
} run_columns;

/// Adds up a row's part of a run of bytes. What lies beyond the tables is summed on its own: at most 2²¹ a block and lane.
TARGET static inline void add_bytes(
    digit_sums *sums, const see_level_tables *tables, const run_columns *columns, const uint8_t *codes, size_t count) {
    digit_sums far = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (size_t b = 0; b < count; b++, codes += 64 * SEE_LEVEL_ROWS) {
        __m512i table = load(tables->magnitudes + (columns->first_class[b] + columns->offset) * 8);
        __m512i highs[2], lows[2], q = load(codes);
        load_digits(columns->high + 64 * b, highs), load_digits(columns->low + 64 * b, lows);
        __mmask64 negative = _mm512_movepi8_mask(q);
        q = _mm512_abs_epi8(q);
        __mmask64 near = _mm512_cmple_epu8_mask(q, _mm512_set1_epi8(7));
        __m512i indices = pick(q, 7, load(columns->classes + 64 * b));
        add_magnitudes(sums, _mm512_maskz_permutexvar_epi8(near, indices, table), negative, highs, lows);
        add_magnitudes(&far, _mm512_maskz_mov_epi8(~near, q), negative, highs, lows);
    }
    sums->high = _mm512_add_epi32(sums->high, _mm512_mullo_epi32(far.high, _mm512_set1_epi32(SEE_LEVEL_STEP)));
    sums->low = _mm512_add_epi32(sums->low, _mm512_mullo_epi32(far.low, _mm512_set1_epi32(SEE_LEVEL_STEP)));
}

/// Adds up a run of codes of 2 bits.
TARGET INLINE void add_codes_2(
    digit_sums sums[SEE_LEVEL_ROWS], const see_level_tables *tables, const run_columns *columns, const uint8_t *codes,
    size_t count, int has_one_class) {
    for (size_t b = 0; b < count; b++, codes += 128) {
        ask(codes, 128);
        int32_t c = columns->first_class[b] + columns->offset;
        __m512i class = load(columns->classes + 64 * b), table = load(tables->small + c * 8), spread[3];
        SEE_UNROLL for (int i = 0; i < 3; i++) spread[i] = load(tables->spread_2 + c * 192 + 64 * i);
        __m512i highs = load(columns->high + 64 * b), lows = load(columns->low + 64 * b);
        SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++) {
            // Bits 6 and 7 are none of an index.
            int shift = has_one_class ? (r % 4 == 3 ? 2 : 0) : r % 4 * 2;
            __m512i packed = _mm512_srli_epi16(load(codes + r / 4 * 64), shift);
            __m512i levels = has_one_class ? _mm512_permutexvar_epi8(packed, spread[r % 4 == 3 ? 2 : r % 4])
                                           : _mm512_permutexvar_epi8(pick(packed, 3, class), table);
            add_signed(&sums[r], levels, highs, lows);
        }
    }
}

/// Adds up a run of codes of 3 bits.
TARGET INLINE void add_codes_3(
    digit_sums sums[SEE_LEVEL_ROWS], const see_level_tables *tables, const run_columns *columns, const uint8_t *codes,
    size_t count, int has_one_class) {
    for (size_t b = 0; b < count; b++, codes += 192) {
        ask(codes, 192);
        int32_t c = columns->first_class[b] + columns->offset;
        block_tables block = has_one_class
            ? load_spread_tables(tables->spread_3 + c * 128)
            : load_tables(columns->classes + 64 * b, tables->small + c * 8, tables->turned_small + c * 64);
        __m512i highs = load(columns->high + 64 * b), lows = load(columns->low + 64 * b);
        __m512i packed[4] = {load(codes), load(codes + 64), load(codes + 128)};
        // The last two rows lie in the highest bits of the bytes of the others.
        packed[3] = _mm512_and_si512(_mm512_srli_epi16(packed[0], 6), _mm512_set1_epi8(3));
        packed[3] = pick(_mm512_srli_epi16(packed[1], 4), 3 << 2, packed[3]);
        packed[3] = pick(_mm512_srli_epi16(packed[2], 2), 3 << 4, packed[3]);
        SEE_UNROLL for (int i = 0; i < SEE_LEVEL_ROWS / 2; i++) {
            add_signed(&sums[2 * i], lower(&block, packed[i], has_one_class), highs, lows);
            add_signed(&sums[2 * i + 1], upper(&block, packed[i], has_one_class), highs, lows);
        }
    }
}

/// Adds up a run of codes of 4 bits.
TARGET INLINE void add_codes_4(
    digit_sums sums[SEE_LEVEL_ROWS], const see_level_tables *tables, const run_columns *columns, const uint8_t *codes,
    size_t count, int has_one_class) {
    for (size_t b = 0; b < count; b++, codes += 256) {
        ask(codes, 256);
        int32_t c = columns->first_class[b] + columns->offset;
        block_tables block = has_one_class
            ? load_spread_tables(tables->spread_4 + c * 128)
            : load_tables(columns->classes + 64 * b, tables->magnitudes + c * 8, tables->turned_magnitudes + c * 64);
        __m512i highs[2], lows[2];
        load_digits(columns->high + 64 * b, highs), load_digits(columns->low + 64 * b, lows);
        SEE_UNROLL for (int i = 0; i < SEE_LEVEL_ROWS / 2; i++) {
            __m512i packed = load(codes + 64 * i);
            __mmask64 negative = _mm512_test_epi8_mask(packed, _mm512_set1_epi8(0x40));
            add_magnitudes(&sums[2 * i], lower(&block, packed, has_one_class), negative, highs, lows);
            negative = _mm512_movepi8_mask(packed);
            add_magnitudes(&sums[2 * i + 1], upper(&block, packed, has_one_class), negative, highs, lows);
        }
    }
}

/// Adds up a run of codes.
TARGET INLINE void add_codes(
    digit_sums sums[SEE_LEVEL_ROWS], const see_level_tables *tables, const see_level_run *run,
    const run_columns *columns, const uint8_t *codes, int has_one_class) {
    switch (run->width) {
    case SEE_LEVELS_2: add_codes_2(sums, tables, columns, codes, run->blocks, has_one_class); break;
    case SEE_LEVELS_3: add_codes_3(sums, tables, columns, codes, run->blocks, has_one_class); break;
    default: add_codes_4(sums, tables, columns, codes, run->blocks, has_one_class);
    }
}

TARGET void see_level_dot_vbmi(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int fits_32, int32_t offset,
    const uint8_t *codes, const int32_t *level_sums, const see_level_vector *vector, float *products, size_t rows) {
    digit_sums sums[SEE_LEVEL_ROWS];
    float wide[SEE_LEVEL_ROWS] = {0};
    SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++) sums[r].high = sums[r].low = _mm512_setzero_si512();
    run_columns columns = {tables->block_classes, offset, tables->classes, vector->high, vector->low};
    for (size_t run = 0; run < run_count; run++) {
        size_t count = runs[run].blocks;
        switch (runs[run].width) {
        case SEE_LEVELS_NONE: break;
        case SEE_LEVELS_2:
        case SEE_LEVELS_3:
        case SEE_LEVELS_4:
            if (runs[run].has_one_class) add_codes(sums, tables, &runs[run], &columns, codes, 1);
            else add_codes(sums, tables, &runs[run], &columns, codes, 0);
            codes += (size_t)see_level_block_bytes[runs[run].width] * count;
            break;
        case SEE_LEVELS_8:
            ask(codes, (int)count * 512);
            SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++)
                add_bytes(&sums[r], tables, &columns, codes + 64 * r, count);
            codes += 512 * count;
            break;
        default: {
            const float *values = vector->values + (columns.high - vector->high);
            __m512 parts[SEE_LEVEL_ROWS];
            SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++) parts[r] = _mm512_setzero_ps();
            for (size_t b = 0; b < count; b++, codes += 1024) {
                ask(codes, 1024);
                SEE_UNROLL for (int i = 0; i < SEE_LEVEL_BLOCK; i += 16) {
                    __m512 value = _mm512_loadu_ps(values + SEE_LEVEL_BLOCK * b + i);
                    SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++) {
                        const uint8_t *row = codes + r * 128 + 2 * i;
                        __m512i levels = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)row));
                        parts[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(levels), value, parts[r]);
                    }
                }
            }
            SEE_UNROLL for (int r = 0; r < SEE_LEVEL_ROWS; r++) wide[r] += _mm512_reduce_add_ps(parts[r]);
        }
        }
        columns.high += 64 * count, columns.low += 64 * count;
        columns.classes += 64 * count, columns.first_class += count;
    }
    __mmask8 present = (__mmask8)((1u << rows) - 1);
    // The digits lie 128 too high: 128 · (255 + 1) = 2¹⁵ for every level.
    __m512i excess = _mm512_slli_epi64(_mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(present, level_sums)), 15);
    __m256 totals = _mm512_cvtepi64_ps(_mm512_sub_epi64(add_all_lanes(sums, fits_32), excess));
    __m256 scale = _mm256_set1_ps(vector->scale);
    _mm256_mask_storeu_ps(products, present, _mm256_fmadd_ps(totals, scale, _mm256_loadu_ps(wide)));
}
#endif
