// The products of quantised blocks that both x86 paths write alike, in vectors of 256 bits. Whoever includes this has defined
// INLINE, with the path's features, and `fours`: for each of eight lanes, the sum of the products of four unsigned with four
// signed bytes. (Functions with other features could not be inlined.)
#include "quantised.h"

#include <immintrin.h>

INLINE float sum_of(__m256 lanes) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

/// The F16 number at `bytes` in all lanes.
INLINE __m256 half_everywhere(const uint8_t *bytes) {
    uint16_t half;
    memcpy(&half, bytes, 2);
    return _mm256_cvtph_ps(_mm_set1_epi16((short)half));
}

/// The 4-bit codes of 32 values: 0...15 are the lower halves of the bytes, 16...31 the upper.
INLINE __m256i pairs_split(const uint8_t *pairs) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)pairs);
    __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
    return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

INLINE __m256 q4_k_block(const uint8_t *block, see_quantised_vector x, size_t b, __m256 sums) {
    uint8_t steps[16];
    q4_k_steps(block + 4, steps);
    __m256 unit = _mm256_loadu_ps(x.scales + 8 * b);
    __m256 scales = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)steps)));
    __m256 offsets = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(steps + 8))));
    scales = _mm256_mul_ps(_mm256_mul_ps(scales, half_everywhere(block)), unit);
    offsets = _mm256_mul_ps(_mm256_mul_ps(offsets, half_everywhere(block + 2)), unit);
    __m256i negated = _mm256_loadu_si256((const __m256i *)(x.negated_sums + 8 * b));
    sums = _mm256_fmadd_ps(offsets, _mm256_cvtepi32_ps(negated), sums);
    SEE_UNROLL for (int pair = 0; pair < 4; pair++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(block + 16 + 32 * pair));
        __m256i low = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
        const __m256i *codes = (const __m256i *)(x.codes + 256 * b + 64 * (size_t)pair);
        __m256 first = _mm256_cvtepi32_ps(fours(low, _mm256_loadu_si256(codes)));
        __m256 second = _mm256_cvtepi32_ps(fours(high, _mm256_loadu_si256(codes + 1)));
        sums = _mm256_fmadd_ps(_mm256_permutevar8x32_ps(scales, _mm256_set1_epi32(2 * pair)), first, sums);
        sums = _mm256_fmadd_ps(_mm256_permutevar8x32_ps(scales, _mm256_set1_epi32(2 * pair + 1)), second, sums);
    }
    return sums;
}

// Four sums hide the latency of the multiply-add.
#define DEFINE_ROWS(NAME, BLOCK, VALUES, BYTES) \
    TARGET static void NAME( \
        const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, see_quantised_vector x, float *y) { \
        for (size_t r = 0; r < count; r++, rows += row_bytes) { \
            __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()}; \
            size_t blocks = columns / VALUES, b = 0; \
            for (; b + 4 <= blocks; b += 4) \
                SEE_UNROLL for (size_t j = 0; j < 4; j++) sums[j] = BLOCK(rows + BYTES * (b + j), x, b + j, sums[j]); \
            for (; b < blocks; b++) sums[0] = BLOCK(rows + BYTES * b, x, b, sums[0]); \
            y[r] = sum_of(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]))); \
        } \
    }
