#pragma once
// The exponential that the elementwise kernels share.
#include "simd.h"

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

DEFINE_EXP(exp_portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_EXP(exp_avx2, SEE_AVX2, 8)
DEFINE_EXP(exp_avx512, SEE_AVX512, 16)
#endif
