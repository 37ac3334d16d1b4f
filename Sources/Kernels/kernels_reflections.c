#include "kernels_reflections.h"
#include "simd.h"

#if SEE_HAS_X86_PATHS
#include <immintrin.h>
#endif

#pragma clang fp contract(fast)

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


#if SEE_HAS_X86_PATHS
// Products of bytes need one feature more than the path's; CPUs without it turn bytes into floats.
#define TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

/// Rows that are multiplied together.
enum { TOGETHER = 4 };

/// Floats as integers of three digits to the base 256, −128 … 127 each, which count `scale`: the highest digit first.
enum { DIGITS = 3, LARGEST = 127 << 16 };

/// Columns whose digits are made at a time.
enum { STRIP = 2048 };

/// The largest of |x[i]|.
TARGET static float largest_magnitude(const float *x, size_t count) {
    __m512 largest = _mm512_setzero_ps();
    for (size_t i = 0; i < count; i += 16) {
        __mmask16 mask = count - i < 16 ? (__mmask16)((1u << (count - i)) - 1) : (__mmask16)-1;
        largest = _mm512_max_ps(largest, _mm512_abs_ps(_mm512_maskz_loadu_ps(mask, x + i)));
    }
    return _mm512_reduce_max_ps(largest);
}

/// Writes the digits of x to `digits`, and zeros behind them to whole 64s. Returns the scale; `sums` gets the digits' sums.
TARGET static float
write_digits(const float *x, size_t count, int8_t digits[DIGITS][STRIP], int32_t sums[DIGITS]) {
    float largest = largest_magnitude(x, count);
    float scale = largest > 0 ? largest / LARGEST : 1;
    __m512 inverse = _mm512_set1_ps(1 / scale);
    __m512i totals[DIGITS] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    for (size_t i = 0; i < (count + 63) / 64 * 64; i += 16) {
        __mmask16 mask = i >= count ? 0 : count - i < 16 ? (__mmask16)((1u << (count - i)) - 1) : (__mmask16)-1;
        __m512i rest = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), inverse));
        SEE_UNROLL for (int d = DIGITS - 1; d >= 0; d--) {
            __m128i bytes = _mm512_cvtepi32_epi8(rest);
            _mm_storeu_si128((void *)(digits[d] + i), bytes);
            totals[d] = _mm512_add_epi32(totals[d], _mm512_cvtepi8_epi32(bytes));
            // What is left after a digit below zero is one more.
            rest = _mm512_srai_epi32(_mm512_add_epi32(rest, _mm512_set1_epi32(128)), 8);
        }
    }
    SEE_UNROLL for (int d = 0; d < DIGITS; d++) sums[d] = _mm512_reduce_add_epi32(totals[d]);
    return scale;
}

/// 64 bytes, or the first `count` of them, with 128 added.
TARGET static inline __m512i biased(const int8_t *bytes, size_t count) {
    __m512i values = count >= 64 ? _mm512_loadu_si512(bytes) : _mm512_maskz_loadu_epi8((1ull << count) - 1, bytes);
    return _mm512_xor_si512(values, _mm512_set1_epi8((char)0x80));
}

/// Asks for the memory that lies `size` bytes behind `bytes`: where rows that come next lie behind these, they are in the cache when
/// their turn comes. The dot products ask for one half of them, the sums for the other.
TARGET static inline void ask_behind(const int8_t *bytes, size_t size) {
    _mm_prefetch((const char *)bytes + size, _MM_HINT_T1);
}

/// What three sums of digits stand for.
TARGET static inline __m512 value(const __m512i sums[DIGITS]) {
    __m512 middle = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[0]), _mm512_set1_ps(256), _mm512_cvtepi32_ps(sums[1]));
    return _mm512_fmadd_ps(middle, _mm512_set1_ps(256), _mm512_cvtepi32_ps(sums[2]));
}

TARGET static void
dot_bytes(const int8_t *rows, size_t count, size_t width, const float *x, float *products) {
    const size_t rows_size = count * width;
    for (size_t r = 0; r < count; r++) products[r] = 0;
    for (size_t first = 0; first < width; first += STRIP) {
        size_t columns = width - first < STRIP ? width - first : STRIP;
        int8_t digits[DIGITS][STRIP];
        int32_t digit_sums[DIGITS];
        float scale = write_digits(x + first, columns, digits, digit_sums);
        for (size_t r = 0; r < count; r += TOGETHER) {
            __m512i sums[TOGETHER][DIGITS];
            const int8_t *row[TOGETHER];
            SEE_UNROLL for (int i = 0; i < TOGETHER; i++) {
                // Rows beyond the last are it again.
                row[i] = rows + (r + (size_t)i < count ? r + (size_t)i : count - 1) * width + first;
                // 128 was added to every byte: in one lane, take back what that counts.
                SEE_UNROLL for (int d = 0; d < DIGITS; d++)
                    sums[i][d] = _mm512_maskz_set1_epi32(1, -128 * digit_sums[d]);
            }
            for (size_t column = 0; column < columns; column += 64) {
                SEE_UNROLL for (int i = 0; i < TOGETHER; i++) {
                    if (i < TOGETHER / 2) ask_behind(row[i] + column, rows_size);
                    __m512i bytes = biased(row[i] + column, columns - column);
                    SEE_UNROLL for (int d = 0; d < DIGITS; d++)
                        sums[i][d] = _mm512_dpbusd_epi32(sums[i][d], bytes, _mm512_loadu_si512(digits[d] + column));
                }
            }
            SEE_UNROLL for (int i = 0; i < TOGETHER; i++)
                if (r + (size_t)i < count) products[r + (size_t)i] += scale * _mm512_reduce_add_ps(value(sums[i]));
        }
    }
}

/// Four rows of 64 bytes, taken apart so that the four bytes of a column lie together: part k holds the columns 16·l + 4·k … + 3
/// in its lane l of 128 bits.
TARGET static inline void alternate(const __m512i rows[TOGETHER], __m512i parts[4]) {
    __m512i low_pairs[2], high_pairs[2];
    SEE_UNROLL for (int i = 0; i < 2; i++) {
        low_pairs[i] = _mm512_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
        high_pairs[i] = _mm512_unpackhi_epi8(rows[2 * i], rows[2 * i + 1]);
    }
    parts[0] = _mm512_unpacklo_epi16(low_pairs[0], low_pairs[1]);
    parts[1] = _mm512_unpackhi_epi16(low_pairs[0], low_pairs[1]);
    parts[2] = _mm512_unpacklo_epi16(high_pairs[0], high_pairs[1]);
    parts[3] = _mm512_unpackhi_epi16(high_pairs[0], high_pairs[1]);
}

/// The lanes of 128 bits of four parts, so that vector l holds lane l of every part.
TARGET static inline void turn_lanes(__m512 parts[4]) {
    __m512 a = _mm512_shuffle_f32x4(parts[0], parts[1], 0x44), b = _mm512_shuffle_f32x4(parts[2], parts[3], 0x44);
    __m512 c = _mm512_shuffle_f32x4(parts[0], parts[1], 0xEE), d = _mm512_shuffle_f32x4(parts[2], parts[3], 0xEE);
    parts[0] = _mm512_shuffle_f32x4(a, b, 0x88), parts[1] = _mm512_shuffle_f32x4(a, b, 0xDD);
    parts[2] = _mm512_shuffle_f32x4(c, d, 0x88), parts[3] = _mm512_shuffle_f32x4(c, d, 0xDD);
}

TARGET static void add_bytes(const float *weights, const int8_t *rows, size_t count, size_t width, float *y) {
    int8_t digits[DIGITS][STRIP];
    int32_t digit_sums[DIGITS];
    float scale = write_digits(weights, count, digits, digit_sums);
    const size_t rows_size = count * width;
    for (size_t column = 0; column < width; column += 64) {
        __m512i sums[4][DIGITS];
        SEE_UNROLL for (int k = 0; k < 4; k++)
            SEE_UNROLL for (int d = 0; d < DIGITS; d++) sums[k][d] = _mm512_set1_epi32(-128 * digit_sums[d]);
        for (size_t r = 0; r < count; r += TOGETHER) {
            __m512i bytes[TOGETHER], parts[4];
            // The digits of rows beyond the last are zeros.
            SEE_UNROLL for (int i = 0; i < TOGETHER; i++) {
                size_t row = r + (size_t)i < count ? r + (size_t)i : count - 1;
                if (i >= TOGETHER / 2) ask_behind(rows + row * width + column, rows_size);
                bytes[i] = biased(rows + row * width + column, width - column);
            }
            alternate(bytes, parts);
            SEE_UNROLL for (int d = 0; d < DIGITS; d++) {
                int32_t four;
                __builtin_memcpy(&four, digits[d] + r, sizeof four);
                SEE_UNROLL for (int k = 0; k < 4; k++)
                    sums[k][d] = _mm512_dpbusd_epi32(sums[k][d], parts[k], _mm512_set1_epi32(four));
            }
        }
        __m512 values[4];
        SEE_UNROLL for (int k = 0; k < 4; k++) values[k] = value(sums[k]);
        turn_lanes(values);
        SEE_UNROLL for (size_t l = 0; l < 4; l++) {
            size_t first = column + 16 * l;
            if (first >= width) break;
            __mmask16 mask = width - first < 16 ? (__mmask16)((1u << (width - first)) - 1) : (__mmask16)-1;
            __m512 old = _mm512_maskz_loadu_ps(mask, y + first);
            _mm512_mask_storeu_ps(y + first, mask, _mm512_fmadd_ps(values[l], _mm512_set1_ps(scale), old));
        }
    }
}

static int multiplies_bytes(void) {
    return see_kernels_active_path() == SEE_KERNELS_AVX512 && __builtin_cpu_supports("avx512vnni");
}
#endif

void see_byte_rows_dot(const int8_t *rows, size_t count, size_t width, const float *x, float *products) {
#if SEE_HAS_X86_PATHS
    if (multiplies_bytes()) {
        dot_bytes(rows, count, width, x, products);
        return;
    }
#endif
    for (size_t r = 0; r < count; r++)
        products[r] = SEE_KERNEL(see_kernels_active_path(), dot_i8)(rows + r * width, x, width);
}

void see_byte_rows_add(const float *weights, const int8_t *rows, size_t count, size_t width, float *y) {
#if SEE_HAS_X86_PATHS
    if (multiplies_bytes() && count <= STRIP) {
        add_bytes(weights, rows, count, width, y);
        return;
    }
#endif
    for (size_t r = 0; r < count; r++)
        SEE_KERNEL(see_kernels_active_path(), axpy_i8)(weights[r], rows + r * width, y, width);
}
