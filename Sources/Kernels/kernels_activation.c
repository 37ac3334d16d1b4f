#include "kernels_activation.h"
#include "simd.h"

#include <math.h>
#include <stdint.h>

#pragma clang fp contract(fast)

// exp(x) = 2^n * exp(r) with |r| <= ln 2 / 2; the polynomial for exp(r) is Cephes' (Moshier). Beyond the limits the result
// stays at the smallest normal number or grows to infinity by itself; a NaN passes through.
#define EXP_LOW -87.3f
#define EXP_HIGH 88.7f

/// The exponential of each lane of X, as an expression over VECTOR and INTEGERS.
#define DEFINE_EXP(NAME, TARGET, LANES) \
    TARGET static inline void NAME(float *lanes) { \
        SEE_VECTOR(float, LANES); \
        typedef int32_t INTEGERS __attribute__((vector_size(LANES * sizeof(int32_t)))); \
        VECTOR given = *(LOOSE *)lanes; \
        VECTOR low = {0}, high = {0}; \
        low += EXP_LOW; \
        high += EXP_HIGH; \
        VECTOR x = __builtin_elementwise_min(__builtin_elementwise_max(given, low), high); \
        /* Adding 1.5 * 2^23 rounds to the nearest whole number, which then stands in the low bits. */ \
        VECTOR shifted = x * 1.44269504f + 12582912.0f; \
        INTEGERS whole = (INTEGERS)shifted - (INTEGERS)(low * 0 + 12582912.0f); \
        VECTOR n = shifted - 12582912.0f; \
        VECTOR r = x - n * 0.693359375f; \
        r = r + n * 2.12194440e-4f; \
        VECTOR p = r * 1.9875691500e-4f + 1.3981999507e-3f; \
        p = p * r + 8.3334519073e-3f; \
        p = p * r + 4.1665795894e-2f; \
        p = p * r + 1.6666665459e-1f; \
        p = p * r + 5.0000001201e-1f; \
        VECTOR value = p * (r * r) + r + 1.0f; \
        /* In two steps, so that 2^128 times a half stays finite. */ \
        INTEGERS half = whole >> 1; \
        value = value * (VECTOR)((half + 127) << 23) * (VECTOR)((whole - half + 127) << 23); \
        INTEGERS isNumber = (INTEGERS)(given == given); \
        *(LOOSE *)lanes = (VECTOR)(((INTEGERS)value & isNumber) | ((INTEGERS)given & ~isNumber)); \
    }

#define DEFINE_SOFTMAX(NAME, TARGET, EXP, LANES) \
    TARGET static void NAME(float *x, size_t count, float scale) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = count - count % LANES; \
        float greatest = -INFINITY; \
        VECTOR peaks = {0}; \
        peaks += -INFINITY; \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR part = *(LOOSE *)(x + i) * scale; \
            *(LOOSE *)(x + i) = part; \
            peaks = __builtin_elementwise_max(peaks, part); \
        } \
        for (int lane = 0; lane < LANES; lane++) greatest = fmaxf(greatest, peaks[lane]); \
        for (size_t i = whole; i < count; i++) { \
            x[i] *= scale; \
            greatest = fmaxf(greatest, x[i]); \
        } \
        VECTOR sums = {0}; \
        for (size_t i = 0; i < whole; i += LANES) { \
            *(LOOSE *)(x + i) -= greatest; \
            EXP(x + i); \
            sums += *(LOOSE *)(x + i); \
        } \
        SEE_ADD_LANES(sums, LANES); \
        float sum = sums[0]; \
        if (whole < count) { \
            float rest[LANES] = {0}; \
            for (size_t i = whole; i < count; i++) rest[i - whole] = x[i] - greatest; \
            EXP(rest); \
            for (size_t i = whole; i < count; i++) sum += x[i] = rest[i - whole]; \
        } \
        float inverse = 1 / sum; \
        for (size_t i = 0; i < whole; i += LANES) *(LOOSE *)(x + i) *= inverse; \
        for (size_t i = whole; i < count; i++) x[i] *= inverse; \
    }

#define DEFINE_SILU_PRODUCT(NAME, TARGET, EXP, LANES) \
    TARGET static void NAME(const float *gate, const float *up, float *y, size_t count) { \
        SEE_VECTOR(float, LANES); \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) { \
            VECTOR z = *(const LOOSE *)(gate + i), other = *(const LOOSE *)(up + i); \
            float decay[LANES]; \
            *(LOOSE *)decay = -z; \
            EXP(decay); \
            *(LOOSE *)(y + i) = z / (*(LOOSE *)decay + 1.0f) * other; \
        } \
        if (i < count) { \
            float decay[LANES] = {0}; \
            for (size_t k = i; k < count; k++) decay[k - i] = -gate[k]; \
            EXP(decay); \
            for (size_t k = i; k < count; k++) y[k] = gate[k] / (decay[k - i] + 1.0f) * up[k]; \
        } \
    }

DEFINE_EXP(exp_portable, SEE_PORTABLE, 4)
DEFINE_SOFTMAX(softmax_portable, SEE_PORTABLE, exp_portable, 4)
DEFINE_SILU_PRODUCT(silu_product_portable, SEE_PORTABLE, exp_portable, 4)
#if SEE_HAS_X86_PATHS
DEFINE_EXP(exp_avx2, SEE_AVX2, 8)
DEFINE_SOFTMAX(softmax_avx2, SEE_AVX2, exp_avx2, 8)
DEFINE_SILU_PRODUCT(silu_product_avx2, SEE_AVX2, exp_avx2, 8)
DEFINE_EXP(exp_avx512, SEE_AVX512, 16)
DEFINE_SOFTMAX(softmax_avx512, SEE_AVX512, exp_avx512, 16)
DEFINE_SILU_PRODUCT(silu_product_avx512, SEE_AVX512, exp_avx512, 16)
#endif

void see_softmax(float *x, size_t count, float scale) {
    SEE_KERNEL(see_kernels_active_path(), softmax)(x, count, scale);
}

void see_silu_product(const float *gate, const float *up, float *y, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), silu_product)(gate, up, y, count);
}
