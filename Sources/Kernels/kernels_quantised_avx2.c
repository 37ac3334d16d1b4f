#include "quantised.h"

#if SEE_HAS_X86_PATHS
#include <immintrin.h>

#define TARGET SEE_AVX2
#define INLINE TARGET static inline __attribute__((always_inline))

/// Sums of four products each, for unsigned codes that no pair of products can take beyond 16 bits.
INLINE __m256i fours(__m256i unsigned_codes, __m256i signed_codes) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(unsigned_codes, signed_codes), _mm256_set1_epi16(1));
}

#include "quantised_x86.h"

INLINE __m256 q8_0_block(const uint8_t *block, see_quantised_vector x, size_t b, __m256 sums) {
    __m256i weights = _mm256_loadu_si256((const __m256i *)(block + 2));
    __m256i codes = _mm256_loadu_si256((const __m256i *)(x.codes + 32 * b));
    // |w| * (x with w's sign): 128 * 127 twice still fits in 16 bits.
    __m256i whole = fours(_mm256_sign_epi8(weights, weights), _mm256_sign_epi8(codes, weights));
    __m256 scale = _mm256_mul_ps(half_everywhere(block), _mm256_broadcast_ss(x.scales + b));
    return _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(whole), sums);
}

INLINE __m256 q4_0_block(const uint8_t *block, see_quantised_vector x, size_t b, __m256 sums) {
    __m256i codes = _mm256_loadu_si256((const __m256i *)(x.codes + 32 * b));
    // The offset of 8, spread over the eight lanes.
    __m256i offset = _mm256_set1_epi32(x.negated_sums[b]);
    __m256i whole = _mm256_add_epi32(fours(pairs_split(block + 2), codes), offset);
    __m256 scale = _mm256_mul_ps(half_everywhere(block), _mm256_broadcast_ss(x.scales + b));
    return _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(whole), sums);
}

DEFINE_ROWS(q8_0_rows, q8_0_block, 32, 34)
DEFINE_ROWS(q4_0_rows, q4_0_block, 32, 18)
DEFINE_ROWS(q4_k_rows, q4_k_block, 256, 144)

INLINE __m256 f16_eight(const uint8_t *bytes) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)bytes)); }

INLINE __m256 bf16_eight(const uint8_t *bytes) {
    __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)bytes));
    return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
}

#define DEFINE_FLOAT_ROWS(NAME, EIGHT) \
    SEE_AVX2 static void NAME( \
        const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, const float *x, float *y) { \
        for (size_t r = 0; r < count; r++, rows += row_bytes) { \
            __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()}; \
            size_t i = 0; \
            for (; i + 32 <= columns; i += 32) \
                SEE_UNROLL for (size_t j = 0; j < 4; j++) \
                    sums[j] = _mm256_fmadd_ps( \
                        EIGHT(rows + 2 * (i + 8 * j)), _mm256_loadu_ps(x + i + 8 * j), sums[j]); \
            for (; i + 8 <= columns; i += 8) \
                sums[0] = _mm256_fmadd_ps(EIGHT(rows + 2 * i), _mm256_loadu_ps(x + i), sums[0]); \
            float sum = sum_of(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]))); \
            if (i < columns) { \
                uint8_t bytes[16] = {0}; \
                float rest[8] = {0}; \
                memcpy(bytes, rows + 2 * i, 2 * (columns - i)); \
                memcpy(rest, x + i, 4 * (columns - i)); \
                sum += sum_of(_mm256_mul_ps(EIGHT(bytes), _mm256_loadu_ps(rest))); \
            } \
            y[r] = sum; \
        } \
    }

DEFINE_FLOAT_ROWS(f16_rows, f16_eight)
DEFINE_FLOAT_ROWS(bf16_rows, bf16_eight)

const see_product_table see_products_avx2 = {f16_rows, bf16_rows, q8_0_rows, q4_0_rows, q4_k_rows};
#endif
