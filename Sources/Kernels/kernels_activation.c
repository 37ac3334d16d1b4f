#include "kernels_activation.h"
#include "exponential.h"

#include <math.h>

#pragma clang fp contract(fast)

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

DEFINE_SOFTMAX(softmax_portable, SEE_PORTABLE, exp_portable, 4)
DEFINE_SILU_PRODUCT(silu_product_portable, SEE_PORTABLE, exp_portable, 4)
#if SEE_HAS_X86_PATHS
DEFINE_SOFTMAX(softmax_avx2, SEE_AVX2, exp_avx2, 8)
DEFINE_SILU_PRODUCT(silu_product_avx2, SEE_AVX2, exp_avx2, 8)
DEFINE_SOFTMAX(softmax_avx512, SEE_AVX512, exp_avx512, 16)
DEFINE_SILU_PRODUCT(silu_product_avx512, SEE_AVX512, exp_avx512, 16)
#endif

void see_softmax(float *x, size_t count, float scale) {
    SEE_KERNEL(see_kernels_active_path(), softmax)(x, count, scale);
}

void see_silu_product(const float *gate, const float *up, float *y, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), silu_product)(gate, up, y, count);
}
