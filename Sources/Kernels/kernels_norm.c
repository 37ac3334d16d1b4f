#include "kernels_norm.h"
#include "error_function.h"

#include <math.h>

#pragma clang fp contract(fast)

#define DEFINE_LAYER_NORM(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        const float *x, const float *residual, const float *weight, const float *bias, float epsilon, float *y, \
        size_t count) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = count - count % LANES, i = 0; \
        VECTOR sums = {0}; \
        float rest = 0; \
        if (residual != NULL) { \
            for (; i < whole; i += LANES) { \
                VECTOR z = *(const LOOSE *)(x + i) + *(const LOOSE *)(residual + i); \
                *(LOOSE *)(y + i) = z; \
                sums += z; \
            } \
            for (; i < count; i++) rest += y[i] = x[i] + residual[i]; \
        } else { \
            for (; i < whole; i += LANES) { \
                VECTOR z = *(const LOOSE *)(x + i); \
                *(LOOSE *)(y + i) = z; \
                sums += z; \
            } \
            for (; i < count; i++) rest += y[i] = x[i]; \
        } \
        SEE_ADD_LANES(sums, LANES); \
        float mean = (sums[0] + rest) / (float)count; \
        VECTOR squares = {0}; \
        rest = 0; \
        for (i = 0; i < whole; i += LANES) { \
            VECTOR d = *(LOOSE *)(y + i) - mean; \
            *(LOOSE *)(y + i) = d; \
            squares += d * d; \
        } \
        for (; i < count; i++) { \
            y[i] -= mean; \
            rest += y[i] * y[i]; \
        } \
        SEE_ADD_LANES(squares, LANES); \
        float factor = 1 / sqrtf((squares[0] + rest) / (float)count + epsilon); \
        for (i = 0; i < whole; i += LANES) \
            *(LOOSE *)(y + i) = *(LOOSE *)(y + i) * factor * *(const LOOSE *)(weight + i) + *(const LOOSE *)(bias + i); \
        for (; i < count; i++) y[i] = y[i] * factor * weight[i] + bias[i]; \
    }

#define DEFINE_ACTIVATE(NAME, TARGET, EXP, ERF, LANES) \
    TARGET static inline void NAME##_lanes(see_activation kind, float *lanes) { \
        SEE_VECTOR(float, LANES); \
        typedef int32_t INTEGERS __attribute__((vector_size(LANES * sizeof(int32_t)))); \
        VECTOR x = *(LOOSE *)lanes; \
        float power[LANES]; \
        switch (kind) { \
        case SEE_GELU: \
            *(LOOSE *)power = x * 0.70710678f; \
            ERF(power); \
            *(LOOSE *)lanes = x * 0.5f * *(LOOSE *)power + x * 0.5f; \
            break; \
        case SEE_GELU_TANH: \
            *(LOOSE *)power = x * (x * x * -0.07135481627f - 1.595769122f); \
            EXP(power); \
            *(LOOSE *)lanes = x / (*(LOOSE *)power + 1.0f); \
            break; \
        case SEE_RELU: *(LOOSE *)lanes = (VECTOR)((INTEGERS)x & ~(INTEGERS)(x < 0.0f)); break; \
        case SEE_SILU: \
            *(LOOSE *)power = -x; \
            EXP(power); \
            *(LOOSE *)lanes = x / (*(LOOSE *)power + 1.0f); \
            break; \
        } \
    } \
    TARGET static void NAME(see_activation kind, float *x, size_t count) { \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) NAME##_lanes(kind, x + i); \
        if (i < count) { \
            float rest[LANES] = {0}; \
            for (size_t k = i; k < count; k++) rest[k - i] = x[k]; \
            NAME##_lanes(kind, rest); \
            for (size_t k = i; k < count; k++) x[k] = rest[k - i]; \
        } \
    }

#define DEFINE_LOG_SUM_EXP(NAME, TARGET, EXP, LANES) \
    TARGET static float NAME(const float *x, size_t count) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = count - count % LANES; \
        float peak = -INFINITY; \
        VECTOR peaks = {0}; \
        peaks += -INFINITY; \
        for (size_t i = 0; i < whole; i += LANES) peaks = __builtin_elementwise_max(peaks, *(const LOOSE *)(x + i)); \
        for (int lane = 0; lane < LANES; lane++) peak = fmaxf(peak, peaks[lane]); \
        for (size_t i = whole; i < count; i++) peak = fmaxf(peak, x[i]); \
        if (peak == -INFINITY) return peak; \
        VECTOR sums = {0}; \
        for (size_t i = 0; i < whole; i += LANES) { \
            float power[LANES]; \
            *(LOOSE *)power = *(const LOOSE *)(x + i) - peak; \
            EXP(power); \
            sums += *(LOOSE *)power; \
        } \
        SEE_ADD_LANES(sums, LANES); \
        float sum = sums[0]; \
        for (size_t i = whole; i < count; i++) sum += expf(x[i] - peak); \
        return peak + logf(sum); \
    }

DEFINE_LAYER_NORM(layer_norm_portable, SEE_PORTABLE, 4)
DEFINE_ACTIVATE(activate_portable, SEE_PORTABLE, exp_portable, erf_portable, 4)
DEFINE_LOG_SUM_EXP(log_sum_exp_portable, SEE_PORTABLE, exp_portable, 4)
#if SEE_HAS_X86_PATHS
DEFINE_LAYER_NORM(layer_norm_avx2, SEE_AVX2, 8)
DEFINE_ACTIVATE(activate_avx2, SEE_AVX2, exp_avx2, erf_avx2, 8)
DEFINE_LOG_SUM_EXP(log_sum_exp_avx2, SEE_AVX2, exp_avx2, 8)
DEFINE_LAYER_NORM(layer_norm_avx512, SEE_AVX512, 16)
DEFINE_ACTIVATE(activate_avx512, SEE_AVX512, exp_avx512, erf_avx512, 16)
DEFINE_LOG_SUM_EXP(log_sum_exp_avx512, SEE_AVX512, exp_avx512, 16)
#endif

void see_layer_norm(
    const float *x, const float *residual, const float *weight, const float *bias, float epsilon, float *y,
    size_t count) {
    SEE_KERNEL(see_kernels_active_path(), layer_norm)(x, residual, weight, bias, epsilon, y, count);
}

void see_activate(see_activation kind, float *x, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), activate)(kind, x, count);
}

float see_log_sum_exp(const float *x, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), log_sum_exp)(x, count);
}
