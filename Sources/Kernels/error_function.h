#pragma once
// The error function that GELU and its derivative share.
#include "exponential.h"

// erf by two polynomials, after N. Juffa: below 0.9277 erf(z) = z + z * p(z^2), above erf(z) = 1 - exp(q(z)). Beyond 4 it
// rounds to 1, and q is not made for more.

/// Replaces each lane by its error function, within two units in the last place.
#define DEFINE_ERF(NAME, TARGET, EXP, LANES) \
    TARGET static inline void NAME(float *lanes) { \
        SEE_VECTOR(float, LANES); \
        typedef int32_t INTEGERS __attribute__((vector_size(LANES * sizeof(int32_t)))); \
        VECTOR z = *(LOOSE *)lanes; \
        float power[LANES]; \
        INTEGERS sign = (INTEGERS)z & INT32_MIN; \
        VECTOR four = z * 0 + 4.0f, t = __builtin_elementwise_min((VECTOR)((INTEGERS)z ^ sign), four), s = t * t; \
        VECTOR q = t * -1.72853470e-5f + 3.83197126e-4f; \
        q = q * s + (t * -3.88396438e-3f + 2.42546219e-2f); \
        q = q * t - 1.06777877e-1f; \
        q = q * t - 6.34846687e-1f; \
        q = q * t - 1.28717512e-1f; \
        *(LOOSE *)power = q * t - t; \
        EXP(power); \
        VECTOR far = 1.0f - *(LOOSE *)power; \
        VECTOR p = s * -5.96761703e-4f + 4.99119423e-3f; \
        p = p * s - 2.67681349e-2f; \
        p = p * s + 1.12819925e-1f; \
        p = p * s - 3.76125336e-1f; \
        p = p * s + 1.28379166e-1f; \
        VECTOR near = p * t + t; \
        INTEGERS isFar = (INTEGERS)(t > 0.927734375f); \
        VECTOR size = (VECTOR)(((INTEGERS)far & isFar) | ((INTEGERS)near & ~isFar)); \
        *(LOOSE *)lanes = (VECTOR)((INTEGERS)size | sign); \
    }

DEFINE_ERF(erf_portable, SEE_PORTABLE, exp_portable, 4)
#if SEE_HAS_X86_PATHS
DEFINE_ERF(erf_avx2, SEE_AVX2, exp_avx2, 8)
DEFINE_ERF(erf_avx512, SEE_AVX512, exp_avx512, 16)
#endif
