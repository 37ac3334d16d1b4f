#include "quantised.h"

#if SEE_HAS_X86_PATHS
#include <immintrin.h>

#define TARGET SEE_VNNI
#define INLINE TARGET static inline __attribute__((always_inline))

// VNNI multiplies unsigned by signed bytes. Weight codes are made unsigned by an offset (8 in Q4_0, 128 in Q8_0), and the
// sums start at minus the offset times the sum of the other side's codes: all of it whole numbers, so nothing is lost.

INLINE __m256i fours(__m256i unsigned_codes, __m256i signed_codes) {
    return _mm256_dpbusd_epi32(_mm256_setzero_si256(), unsigned_codes, signed_codes);
}

#include "quantised_x86.h"

INLINE __m256 q8_0_block(const uint8_t *block, see_quantised_vector x, size_t b, __m256 sums) {
    __m256i weights = _mm256_loadu_si256((const __m256i *)(block + 2));
    __m256i codes = _mm256_loadu_si256((const __m256i *)(x.codes + 32 * b));
    // 128 spread over eight lanes.
    __m256i start = _mm256_slli_epi32(_mm256_set1_epi32(x.negated_sums[b]), 4);
    __m256i whole = _mm256_dpbusd_epi32(start, _mm256_xor_si256(weights, _mm256_set1_epi8(-128)), codes);
    __m256 scale = _mm256_mul_ps(half_everywhere(block), _mm256_broadcast_ss(x.scales + b));
    return _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(whole), sums);
}

INLINE __m256 q4_0_block(const uint8_t *block, see_quantised_vector x, size_t b, __m256 sums) {
    __m256i codes = _mm256_loadu_si256((const __m256i *)(x.codes + 32 * b));
    __m256i whole = _mm256_dpbusd_epi32(_mm256_set1_epi32(x.negated_sums[b]), pairs_split(block + 2), codes);
    __m256 scale = _mm256_mul_ps(half_everywhere(block), _mm256_broadcast_ss(x.scales + b));
    return _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(whole), sums);
}

DEFINE_ROWS(q8_0_rows, q8_0_block, 32, 34)
DEFINE_ROWS(q4_0_rows, q4_0_block, 32, 18)
DEFINE_ROWS(q4_k_rows, q4_k_block, 256, 144)

INLINE __m512 f16_sixteen(__m256i halves) { return _mm512_cvtph_ps(halves); }
INLINE __m512 bf16_sixteen(__m256i words) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}

#define DEFINE_FLOAT_ROWS(NAME, SIXTEEN) \
    SEE_VNNI static void NAME( \
        const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, const float *x, float *y) { \
        for (size_t r = 0; r < count; r++, rows += row_bytes) { \
            __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()}; \
            size_t i = 0; \
            for (; i + 64 <= columns; i += 64) \
                SEE_UNROLL for (size_t j = 0; j < 4; j++) { \
                    __m256i part = _mm256_loadu_si256((const __m256i *)(rows + 2 * (i + 16 * j))); \
                    sums[j] = _mm512_fmadd_ps(SIXTEEN(part), _mm512_loadu_ps(x + i + 16 * j), sums[j]); \
                } \
            for (; i < columns; i += 16) { \
                __mmask16 mask = columns - i < 16 ? (__mmask16)((1u << (columns - i)) - 1) : (__mmask16)0xffff; \
                __m256i part = _mm256_maskz_loadu_epi16(mask, rows + 2 * i); \
                sums[0] = _mm512_fmadd_ps(SIXTEEN(part), _mm512_maskz_loadu_ps(mask, x + i), sums[0]); \
            } \
            __m512 total = _mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])); \
            y[r] = _mm512_reduce_add_ps(total); \
        } \
    }

DEFINE_FLOAT_ROWS(f16_rows, f16_sixteen)
DEFINE_FLOAT_ROWS(bf16_rows, bf16_sixteen)

const see_product_table see_products_vnni = {f16_rows, bf16_rows, q8_0_rows, q4_0_rows, q4_k_rows};

// Panels: 16 rows of weights, a lane each, meet many vectors. A block's codes stay in eight registers meanwhile.

/// Puts a row's 32 unsigned codes of block `b` into its lane.
INLINE void place_codes(const uint8_t *codes, uint8_t *panel, size_t b, size_t row) {
    uint32_t words[8];
    memcpy(words, codes, 32);
    uint32_t *target = (uint32_t *)panel + b * 8 * SEE_PANEL_ROWS + row;
    SEE_UNROLL for (int k = 0; k < 8; k++) target[k * SEE_PANEL_ROWS] = words[k];
}

INLINE float half_number(const uint8_t *bytes) {
    uint16_t half;
    memcpy(&half, bytes, 2);
    return _cvtsh_ss(half);
}

SEE_VNNI static void pack_row(
    see_weight_format format, const uint8_t *row, size_t columns, size_t r, uint8_t *panel, float *scales,
    float *offsets) {
    __attribute__((aligned(32))) uint8_t codes[32];
    switch (format) {
    case SEE_WEIGHTS_Q8_0:
        for (size_t b = 0; b < columns / 32; b++, row += 34) {
            __m256i bytes = _mm256_loadu_si256((const __m256i *)(row + 2));
            _mm256_store_si256((__m256i *)codes, _mm256_xor_si256(bytes, _mm256_set1_epi8(-128)));
            place_codes(codes, panel, b, r);
            scales[b * SEE_PANEL_ROWS + r] = half_number(row);
        }
        break;
    case SEE_WEIGHTS_Q4_0:
        for (size_t b = 0; b < columns / 32; b++, row += 18) {
            _mm256_store_si256((__m256i *)codes, pairs_split(row + 2));
            place_codes(codes, panel, b, r);
            scales[b * SEE_PANEL_ROWS + r] = half_number(row);
        }
        break;
    default:
        for (size_t b = 0; b < columns / 256; b++, row += 144) {
            uint8_t steps[16];
            q4_k_steps(row + 4, steps);
            float scale_unit = half_number(row), offset_unit = half_number(row + 2);
            for (size_t group = 0; group < 8; group++) {
                __m256i bytes = _mm256_loadu_si256((const __m256i *)(row + 16 + 32 * (group / 2)));
                if (group & 1) bytes = _mm256_srli_epi16(bytes, 4);
                _mm256_store_si256((__m256i *)codes, _mm256_and_si256(bytes, _mm256_set1_epi8(15)));
                place_codes(codes, panel, 8 * b + group, r);
                scales[(8 * b + group) * SEE_PANEL_ROWS + r] = scale_unit * (float)steps[group];
                offsets[(8 * b + group) * SEE_PANEL_ROWS + r] = offset_unit * (float)steps[8 + group];
            }
        }
    }
}

void see_pack_panel(
    see_weight_format format, const uint8_t *rows_start, size_t row_bytes, size_t rows, size_t columns,
    uint8_t *codes, float *scales, float *offsets) {
    if (rows < SEE_PANEL_ROWS) {
        memset(codes, 0, columns * SEE_PANEL_ROWS);
        memset(scales, 0, columns / 32 * SEE_PANEL_ROWS * sizeof(float));
        memset(offsets, 0, columns / 32 * SEE_PANEL_ROWS * sizeof(float));
    }
    for (size_t r = 0; r < rows; r++) pack_row(format, rows_start + r * row_bytes, columns, r, codes, scales, offsets);
}

// SHIFT: the logarithm of the codes' offset; -1 where there is none and the blocks have offsets of their own.
#define DEFINE_PANEL_TILE(NAME, VECTORS, SHIFT) \
    SEE_VNNI static void NAME( \
        const uint8_t *panel, const float *scales, const float *offsets, size_t columns, see_quantised_vector x, \
        float *y, size_t y_stride, __mmask16 rows) { \
        __m512 sums[VECTORS]; \
        size_t blocks = columns / 32; \
        SEE_UNROLL for (int t = 0; t < VECTORS; t++) sums[t] = _mm512_setzero_ps(); \
        for (size_t b = 0; b < blocks; b++) { \
            __m512i weights[8]; \
            SEE_UNROLL for (int k = 0; k < 8; k++) \
                weights[k] = _mm512_loadu_si512(panel + (b * 8 + (size_t)k) * 4 * SEE_PANEL_ROWS); \
            __m512 scale = _mm512_loadu_ps(scales + b * SEE_PANEL_ROWS); \
            SEE_UNROLL for (size_t t = 0; t < VECTORS; t++) { \
                const int8_t *codes = x.codes + t * columns + 32 * b; \
                int32_t negated = x.negated_sums[t * blocks + b]; \
                __m512i whole = SHIFT < 0 ? _mm512_setzero_si512() \
                                          : _mm512_slli_epi32(_mm512_set1_epi32(negated), SHIFT < 0 ? 0 : SHIFT); \
                SEE_UNROLL for (int k = 0; k < 8; k++) { \
                    int32_t four; \
                    memcpy(&four, codes + 4 * k, 4); \
                    whole = _mm512_dpbusd_epi32(whole, weights[k], _mm512_set1_epi32(four)); \
                } \
                __m512 step = _mm512_set1_ps(x.scales[t * blocks + b]); \
                sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(scale, step), sums[t]); \
                if (SHIFT < 0) { \
                    __m512 offset = _mm512_loadu_ps(offsets + b * SEE_PANEL_ROWS); \
                    __m512 surplus = _mm512_set1_ps(x.scales[t * blocks + b] * (float)negated); \
                    sums[t] = _mm512_fmadd_ps(offset, surplus, sums[t]); \
                } \
            } \
        } \
        SEE_UNROLL for (size_t t = 0; t < VECTORS; t++) _mm512_mask_storeu_ps(y + t * y_stride, rows, sums[t]); \
    }

enum { TILE_VECTORS = 8 };

DEFINE_PANEL_TILE(q8_0_tile, TILE_VECTORS, 7)
DEFINE_PANEL_TILE(q8_0_single, 1, 7)
DEFINE_PANEL_TILE(q4_0_tile, TILE_VECTORS, 3)
DEFINE_PANEL_TILE(q4_0_single, 1, 3)
DEFINE_PANEL_TILE(q4_k_tile, TILE_VECTORS, -1)
DEFINE_PANEL_TILE(q4_k_single, 1, -1)

void see_panel_times_quantised(
    see_weight_format format, const uint8_t *codes, const float *scales, const float *offsets, size_t columns,
    see_quantised_vector x, size_t count, float *y, size_t y_stride, size_t rows) {
    __mmask16 mask = rows < SEE_PANEL_ROWS ? (__mmask16)((1u << rows) - 1) : (__mmask16)0xffff;
    for (size_t t = 0; t < count;) {
        size_t step = t + TILE_VECTORS <= count ? TILE_VECTORS : 1;
        see_quantised_vector part = {
            x.codes + t * columns, x.scales + t * (columns / 32), x.negated_sums + t * (columns / 32)};
        float *target = y + t * y_stride;
#define SEE_TILE(FORMAT) \
    (step == 1 ? FORMAT##_single : FORMAT##_tile)(codes, scales, offsets, columns, part, target, y_stride, mask)
        if (format == SEE_WEIGHTS_Q8_0) SEE_TILE(q8_0);
        else if (format == SEE_WEIGHTS_Q4_0) SEE_TILE(q4_0);
        else SEE_TILE(q4_k);
        t += step;
    }
}
#else
// Never called: see_panels_available is 0 here.
void see_pack_panel(
    see_weight_format format, const uint8_t *rows_start, size_t row_bytes, size_t rows, size_t columns,
    uint8_t *codes, float *scales, float *offsets) {
    (void)format, (void)rows_start, (void)row_bytes, (void)rows, (void)columns, (void)codes, (void)scales, (void)offsets;
}

void see_panel_times_quantised(
    see_weight_format format, const uint8_t *codes, const float *scales, const float *offsets, size_t columns,
    see_quantised_vector x, size_t count, float *y, size_t y_stride, size_t rows) {
    (void)format, (void)codes, (void)scales, (void)offsets, (void)columns, (void)x, (void)count, (void)y, (void)y_stride;
    (void)rows;
}
#endif
