#include "kernels_training.h"
#include "error_function.h"

#include <math.h>

#pragma clang fp contract(fast)

// Two rounds of C. Wellons' mixing of 32 bits, the key's halves added before each.
#define MIX(X) \
    X ^= X >> 16; \
    X *= 0x7feb352du; \
    X ^= X >> 15; \
    X *= 0x846ca68bu; \
    X ^= X >> 16

#define DEFINE_ADD_BIAS(NAME, TARGET, LANES) \
    TARGET static void NAME(float *x, const float *bias, see_dropout_draw draw, size_t count) { \
        SEE_VECTOR(float, LANES); \
        typedef uint32_t DRAWS __attribute__((vector_size(LANES * sizeof(uint32_t)))); \
        typedef int32_t INTEGERS __attribute__((vector_size(LANES * sizeof(int32_t)))); \
        uint32_t low = (uint32_t)draw.key, high = (uint32_t)(draw.key >> 32); \
        size_t whole = count - count % LANES; \
        DRAWS places; \
        for (int lane = 0; lane < LANES; lane++) places[lane] = draw.first + low + (uint32_t)lane; \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR value = *(LOOSE *)(x + i); \
            if (bias != NULL) value += *(const LOOSE *)(bias + i); \
            if (draw.threshold != 0) { \
                DRAWS hash = places + (uint32_t)i; \
                MIX(hash); \
                hash += high; \
                MIX(hash); \
                value = (VECTOR)((INTEGERS)(value * draw.scale) & (INTEGERS)(hash >= draw.threshold)); \
            } \
            *(LOOSE *)(x + i) = value; \
        } \
        for (size_t i = whole; i < count; i++) { \
            if (bias != NULL) x[i] += bias[i]; \
            if (draw.threshold != 0) { \
                uint32_t hash = draw.first + low + (uint32_t)i; \
                MIX(hash); \
                hash += high; \
                MIX(hash); \
                x[i] = hash >= draw.threshold ? x[i] * draw.scale : 0; \
            } \
        } \
    }

#define DEFINE_NORM(FORWARD, BACKWARD, TARGET, LANES) \
    TARGET static float FORWARD( \
        const float *x, const float *residual, const float *weight, const float *bias, int is_centred, float epsilon, \
        float *normalised, float *y, size_t count) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = count - count % LANES; \
        VECTOR sums = {0}, squares = {0}; \
        float rest = 0; \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR z = *(const LOOSE *)(x + i); \
            if (residual != NULL) z += *(const LOOSE *)(residual + i); \
            *(LOOSE *)(normalised + i) = z; \
            sums += z; \
        } \
        for (size_t i = whole; i < count; i++) rest += normalised[i] = x[i] + (residual != NULL ? residual[i] : 0); \
        SEE_ADD_LANES(sums, LANES); \
        float mean = is_centred ? (sums[0] + rest) / (float)count : 0; \
        rest = 0; \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR d = *(LOOSE *)(normalised + i) - mean; \
            squares += d * d; \
        } \
        for (size_t i = whole; i < count; i++) rest += (normalised[i] - mean) * (normalised[i] - mean); \
        SEE_ADD_LANES(squares, LANES); \
        float factor = 1 / sqrtf((squares[0] + rest) / (float)count + epsilon); \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR n = (*(LOOSE *)(normalised + i) - mean) * factor; \
            *(LOOSE *)(normalised + i) = n; \
            n *= *(const LOOSE *)(weight + i); \
            if (bias != NULL) n += *(const LOOSE *)(bias + i); \
            *(LOOSE *)(y + i) = n; \
        } \
        for (size_t i = whole; i < count; i++) { \
            normalised[i] = (normalised[i] - mean) * factor; \
            y[i] = normalised[i] * weight[i] + (bias != NULL ? bias[i] : 0); \
        } \
        return factor; \
    } \
    TARGET static void BACKWARD( \
        const float *dy, const float *normalised, const float *weight, float factor, int is_centred, float *dz, \
        float *weight_gradient, float *bias_gradient, size_t count) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = count - count % LANES; \
        VECTOR sums = {0}, products = {0}; \
        float sum = 0, product = 0; \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR given = *(const LOOSE *)(dy + i), n = *(const LOOSE *)(normalised + i); \
            VECTOR g = given * *(const LOOSE *)(weight + i); \
            sums += g; \
            products += g * n; \
            if (weight_gradient != NULL) *(LOOSE *)(weight_gradient + i) += given * n; \
            if (bias_gradient != NULL) *(LOOSE *)(bias_gradient + i) += given; \
        } \
        for (size_t i = whole; i < count; i++) { \
            float g = dy[i] * weight[i]; \
            sum += g; \
            product += g * normalised[i]; \
            if (weight_gradient != NULL) weight_gradient[i] += dy[i] * normalised[i]; \
            if (bias_gradient != NULL) bias_gradient[i] += dy[i]; \
        } \
        SEE_ADD_LANES(sums, LANES); \
        SEE_ADD_LANES(products, LANES); \
        float mean = is_centred ? (sums[0] + sum) / (float)count : 0; \
        float slope = (products[0] + product) / (float)count; \
        for (size_t i = 0; i < whole; i += LANES) \
            *(LOOSE *)(dz + i) = (*(const LOOSE *)(dy + i) * *(const LOOSE *)(weight + i) - mean \
                                  - *(const LOOSE *)(normalised + i) * slope) * factor; \
        for (size_t i = whole; i < count; i++) dz[i] = (dy[i] * weight[i] - mean - normalised[i] * slope) * factor; \
    }

#define DEFINE_ACTIVATE_BACKWARD(NAME, TARGET, EXP, ERF, LANES) \
    TARGET static inline void NAME##_lanes(see_activation kind, const float *given, float *gradient) { \
        SEE_VECTOR(float, LANES); \
        typedef int32_t INTEGERS __attribute__((vector_size(LANES * sizeof(int32_t)))); \
        VECTOR x = *(const LOOSE *)given, slope = {0}; \
        float power[LANES], error[LANES]; \
        switch (kind) { \
        case SEE_GELU: \
            /* Phi(x) + x phi(x) */ \
            *(LOOSE *)error = x * 0.70710678f; \
            ERF(error); \
            *(LOOSE *)power = x * x * -0.5f; \
            EXP(power); \
            slope = *(LOOSE *)error * 0.5f + 0.5f + x * 0.3989422804f * *(LOOSE *)power; \
            break; \
        case SEE_GELU_TANH: { \
            VECTOR square = x * x; \
            *(LOOSE *)power = x * (square * -0.07135481627f - 1.595769122f); \
            EXP(power); \
            VECTOR share = 1.0f / (*(LOOSE *)power + 1.0f); \
            slope = share + x * share * (1.0f - share) * (square * 0.21406444881f + 1.595769122f); \
            break; \
        } \
        case SEE_RELU: slope = (VECTOR)((INTEGERS)(slope + 1.0f) & (INTEGERS)(x > 0.0f)); break; \
        case SEE_SILU: { \
            *(LOOSE *)power = -x; \
            EXP(power); \
            VECTOR share = 1.0f / (*(LOOSE *)power + 1.0f); \
            slope = share + x * share * (1.0f - share); \
            break; \
        } \
        } \
        *(LOOSE *)gradient *= slope; \
    } \
    TARGET static void NAME(see_activation kind, const float *x, float *gradient, size_t count) { \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) NAME##_lanes(kind, x + i, gradient + i); \
        if (i < count) { \
            float given[LANES] = {0}, rest[LANES] = {0}; \
            for (size_t k = i; k < count; k++) given[k - i] = x[k], rest[k - i] = gradient[k]; \
            NAME##_lanes(kind, given, rest); \
            for (size_t k = i; k < count; k++) gradient[k] = rest[k - i]; \
        } \
    }

#define DEFINE_SILU_BACKWARD(NAME, TARGET, EXP, LANES) \
    TARGET static inline void NAME##_lanes( \
        const float *gate, const float *up, const float *gradient, float *gate_gradient, float *up_gradient) { \
        SEE_VECTOR(float, LANES); \
        VECTOR g = *(const LOOSE *)gate, u = *(const LOOSE *)up, d = *(const LOOSE *)gradient; \
        float power[LANES]; \
        *(LOOSE *)power = -g; \
        EXP(power); \
        VECTOR share = 1.0f / (*(LOOSE *)power + 1.0f); \
        *(LOOSE *)gate_gradient = d * u * (share + g * share * (1.0f - share)); \
        *(LOOSE *)up_gradient = d * g * share; \
    } \
    TARGET static void NAME( \
        const float *gate, const float *up, const float *gradient, float *gate_gradient, float *up_gradient, \
        size_t count) { \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) \
            NAME##_lanes(gate + i, up + i, gradient + i, gate_gradient + i, up_gradient + i); \
        if (i < count) { \
            float g[LANES] = {0}, u[LANES] = {0}, d[LANES] = {0}; \
            for (size_t k = i; k < count; k++) g[k - i] = gate[k], u[k - i] = up[k], d[k - i] = gradient[k]; \
            NAME##_lanes(g, u, d, g, u); \
            for (size_t k = i; k < count; k++) gate_gradient[k] = g[k - i], up_gradient[k] = u[k - i]; \
        } \
    }

#define DEFINE_SOFTMAX_BACKWARD(NAME, TARGET, LANES) \
    TARGET static void NAME(const float *p, float *gradient, float scale, size_t count) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = count - count % LANES; \
        VECTOR sums = {0}; \
        float sum = 0; \
        for (size_t i = 0; i < whole; i += LANES) sums += *(const LOOSE *)(p + i) * *(LOOSE *)(gradient + i); \
        for (size_t i = whole; i < count; i++) sum += p[i] * gradient[i]; \
        SEE_ADD_LANES(sums, LANES); \
        sum += sums[0]; \
        for (size_t i = 0; i < whole; i += LANES) \
            *(LOOSE *)(gradient + i) = (*(LOOSE *)(gradient + i) - sum) * *(const LOOSE *)(p + i) * scale; \
        for (size_t i = whole; i < count; i++) gradient[i] = (gradient[i] - sum) * p[i] * scale; \
    }

#define DEFINE_ADD_DIFFERENCE(NAME, TARGET, LANES) \
    TARGET static float NAME(const float *x, const float *target, float factor, float *gradient, size_t count) { \
        SEE_VECTOR(float, LANES); \
        VECTOR sums = {0}; \
        float sum = 0; \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) { \
            VECTOR d = *(const LOOSE *)(x + i) - *(const LOOSE *)(target + i); \
            sums += d * d; \
            *(LOOSE *)(gradient + i) += factor * d; \
        } \
        for (; i < count; i++) { \
            float d = x[i] - target[i]; \
            sum += d * d; \
            gradient[i] += factor * d; \
        } \
        SEE_ADD_LANES(sums, LANES); \
        return sums[0] + sum; \
    }

// Scores are read three times: for the peaks, for the sums of exponentials, and for the gradient. Exponentials are computed
// again in the third, which is cheaper than to keep them. Lanes beyond the last score are -infinity: they count nowhere.
#define DEFINE_SCORES(NAME, TARGET, EXP, LANES) \
    TARGET static inline void NAME##_load(const float *source, size_t count, float fill, float *lanes) { \
        for (size_t k = 0; k < LANES; k++) lanes[k] = k < count ? source[k] : fill; \
    } \
    TARGET static see_score_losses NAME( \
        float *scores, const float *teacher, ptrdiff_t label, see_score_weights weights, size_t count) { \
        SEE_VECTOR(float, LANES); \
        int isHard = label >= 0, isSoft = teacher != NULL, isSame = weights.temperature == 1; \
        float inverse = 1 / weights.temperature; \
        VECTOR peaks = {0}, teacherPeaks, sums = {0}; \
        peaks += -INFINITY; \
        teacherPeaks = peaks; \
        size_t whole = count - count % LANES; \
        float edge[LANES], teacherEdge[LANES]; \
        for (size_t i = 0; i < whole; i += LANES) { \
            VECTOR s = *(LOOSE *)(scores + i); \
            peaks = __builtin_elementwise_max(peaks, s); \
            sums += s; \
            if (isSoft) teacherPeaks = __builtin_elementwise_max(teacherPeaks, *(const LOOSE *)(teacher + i)); \
        } \
        float peak = -INFINITY, teacherPeak = -INFINITY, total = 0; \
        for (size_t i = whole; i < count; i++) { \
            peak = fmaxf(peak, scores[i]); \
            total += scores[i]; \
            if (isSoft) teacherPeak = fmaxf(teacherPeak, teacher[i]); \
        } \
        for (int lane = 0; lane < LANES; lane++) { \
            peak = fmaxf(peak, peaks[lane]); \
            if (isSoft) teacherPeak = fmaxf(teacherPeak, teacherPeaks[lane]); \
        } \
        SEE_ADD_LANES(sums, LANES); \
        total += sums[0]; \
        VECTOR plain = {0}, soft = {0}, teacherSums = {0}, cross = {0}; \
        for (size_t i = 0; i < count; i += LANES) { \
            float power[LANES], teacherPower[LANES]; \
            const float *from = scores + i, *teacherFrom = isSoft ? teacher + i : scores + i; \
            if (i == whole) { \
                NAME##_load(from, count - i, -INFINITY, edge); \
                from = edge; \
                if (isSoft) { \
                    NAME##_load(teacherFrom, count - i, -INFINITY, teacherEdge); \
                    teacherFrom = teacherEdge; \
                } \
            } \
            VECTOR s = *(const LOOSE *)from - peak; \
            if (isHard || isSame) { \
                *(LOOSE *)power = s; \
                EXP(power); \
                plain += *(LOOSE *)power; \
            } \
            if (isSoft) { \
                if (!isSame) { \
                    *(LOOSE *)power = s * inverse; \
                    EXP(power); \
                    soft += *(LOOSE *)power; \
                } \
                VECTOR t = *(const LOOSE *)teacherFrom - teacherPeak; \
                *(LOOSE *)teacherPower = t * inverse; \
                EXP(teacherPower); \
                teacherSums += *(LOOSE *)teacherPower; \
                if (i < whole) cross += *(LOOSE *)teacherPower * (t - s); \
                else \
                    for (size_t k = 0; i + k < count; k++) cross[k] += teacherPower[k] * (t[k] - s[k]); \
            } \
        } \
        SEE_ADD_LANES(plain, LANES); \
        SEE_ADD_LANES(soft, LANES); \
        SEE_ADD_LANES(teacherSums, LANES); \
        SEE_ADD_LANES(cross, LANES); \
        float softSum = isSame ? plain[0] : soft[0]; \
        see_score_losses losses = {0, 0}; \
        if (isHard) { \
            float logSum = peak + logf(plain[0]); \
            losses.hard = (1 - weights.smoothing) * (logSum - scores[label]) \
                + weights.smoothing * (logSum - total / (float)count); \
        } \
        if (isSoft) { \
            float divergence = cross[0] * inverse / teacherSums[0] - logf(teacherSums[0]) + logf(softSum); \
            losses.soft = weights.temperature * weights.temperature * divergence; \
        } \
        float hardFactor = isHard ? weights.hard / plain[0] : 0; \
        float spread = isHard ? weights.hard * weights.smoothing / (float)count : 0; \
        float softFactor = isSoft ? weights.soft * weights.temperature / softSum : 0; \
        float teacherFactor = isSoft ? weights.soft * weights.temperature / teacherSums[0] : 0; \
        if (isSame) hardFactor += softFactor; \
        float hit = isHard ? weights.hard * (1 - weights.smoothing) : 0; \
        for (size_t i = 0; i < count; i += LANES) { \
            float power[LANES]; \
            const float *from = scores + i, *teacherFrom = isSoft ? teacher + i : scores + i; \
            if (i == whole) { \
                NAME##_load(from, count - i, 0, edge); \
                from = edge; \
                if (isSoft) { \
                    NAME##_load(teacherFrom, count - i, 0, teacherEdge); \
                    teacherFrom = teacherEdge; \
                } \
            } \
            VECTOR s = *(const LOOSE *)from - peak, gradient = {0}; \
            gradient -= spread; \
            if (isHard || isSame) { \
                *(LOOSE *)power = s; \
                EXP(power); \
                gradient += *(LOOSE *)power * hardFactor; \
            } \
            if (isSoft) { \
                if (!isSame) { \
                    *(LOOSE *)power = s * inverse; \
                    EXP(power); \
                    gradient += *(LOOSE *)power * softFactor; \
                } \
                *(LOOSE *)power = (*(const LOOSE *)teacherFrom - teacherPeak) * inverse; \
                EXP(power); \
                gradient -= *(LOOSE *)power * teacherFactor; \
            } \
            if (i < whole) *(LOOSE *)(scores + i) = gradient; \
            else \
                for (size_t k = 0; i + k < count; k++) scores[i + k] = gradient[k]; \
        } \
        if (isHard) scores[label] -= hit; \
        return losses; \
    }

#define DEFINE_ADAM(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        float *values, const float *gradient, float *first, float *second, see_adam_step step, size_t count) { \
        SEE_VECTOR(float, LANES); \
        float newFirst = 1 - step.first_decay, newSecond = 1 - step.second_decay; \
        size_t i = 0; \
        for (; i + LANES <= count; i += LANES) { \
            VECTOR g = *(const LOOSE *)(gradient + i) * step.gradient_scale; \
            VECTOR m = *(LOOSE *)(first + i) * step.first_decay + g * newFirst; \
            VECTOR v = *(LOOSE *)(second + i) * step.second_decay + g * g * newSecond; \
            *(LOOSE *)(first + i) = m; \
            *(LOOSE *)(second + i) = v; \
            VECTOR scale = __builtin_elementwise_sqrt(v * step.second_correction) + step.epsilon; \
            *(LOOSE *)(values + i) = *(LOOSE *)(values + i) * step.kept - m * step.rate / scale; \
        } \
        for (; i < count; i++) { \
            float g = gradient[i] * step.gradient_scale; \
            first[i] = first[i] * step.first_decay + g * newFirst; \
            second[i] = second[i] * step.second_decay + g * g * newSecond; \
            values[i] = values[i] * step.kept \
                - first[i] * step.rate / (sqrtf(second[i] * step.second_correction) + step.epsilon); \
        } \
    }

#define DEFINE_TRAINING(SUFFIX, TARGET, LANES) \
    DEFINE_ADD_BIAS(add_bias_##SUFFIX, TARGET, LANES) \
    DEFINE_NORM(norm_forward_##SUFFIX, norm_backward_##SUFFIX, TARGET, LANES) \
    DEFINE_ACTIVATE_BACKWARD(activate_backward_##SUFFIX, TARGET, exp_##SUFFIX, erf_##SUFFIX, LANES) \
    DEFINE_SILU_BACKWARD(silu_backward_##SUFFIX, TARGET, exp_##SUFFIX, LANES) \
    DEFINE_SOFTMAX_BACKWARD(softmax_backward_##SUFFIX, TARGET, LANES) \
    DEFINE_ADD_DIFFERENCE(add_difference_##SUFFIX, TARGET, LANES) \
    DEFINE_SCORES(scores_##SUFFIX, TARGET, exp_##SUFFIX, LANES) \
    DEFINE_ADAM(adam_##SUFFIX, TARGET, LANES)

DEFINE_TRAINING(portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_TRAINING(avx2, SEE_AVX2, 8)
DEFINE_TRAINING(avx512, SEE_AVX512, 16)
#endif

void see_add_bias(float *x, const float *bias, see_dropout_draw dropout, size_t count) {
    if (bias == NULL && dropout.threshold == 0) return;
    SEE_KERNEL(see_kernels_active_path(), add_bias)(x, bias, dropout, count);
}

float see_norm_forward(
    const float *x, const float *residual, const float *weight, const float *bias, int is_centred, float epsilon,
    float *normalised, float *y, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), norm_forward)(
        x, residual, weight, bias, is_centred, epsilon, normalised, y, count);
}

void see_norm_backward(
    const float *dy, const float *normalised, const float *weight, float factor, int is_centred, float *dz,
    float *weight_gradient, float *bias_gradient, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), norm_backward)(
        dy, normalised, weight, factor, is_centred, dz, weight_gradient, bias_gradient, count);
}

void see_activate_backward(see_activation kind, const float *x, float *gradient, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), activate_backward)(kind, x, gradient, count);
}

void see_silu_product_backward(
    const float *gate, const float *up, const float *gradient, float *gate_gradient, float *up_gradient, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), silu_backward)(gate, up, gradient, gate_gradient, up_gradient, count);
}

void see_softmax_backward(const float *p, float *gradient, float scale, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), softmax_backward)(p, gradient, scale, count);
}

float see_add_difference(const float *x, const float *target, float factor, float *gradient, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), add_difference)(x, target, factor, gradient, count);
}

see_score_losses see_score_gradient(
    float *scores, const float *teacher, ptrdiff_t label, see_score_weights weights, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), scores)(scores, teacher, label, weights, count);
}

void see_adam(
    float *values, const float *gradient, float *first, float *second, see_adam_step step, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), adam)(values, gradient, first, second, step, count);
}
