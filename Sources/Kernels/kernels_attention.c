#include "kernels_attention.h"
#include "kernels_activation.h"
#include "simd.h"

#include <string.h>

#pragma clang fp contract(fast)

#define DEFINE_GATHERED(SCORES, VALUES, TARGET, LANES) \
    TARGET static void SCORES( \
        const float *query, const float *const *keys, size_t count, size_t heads, size_t width, float *scores) { \
        SEE_VECTOR(float, LANES); \
        for (size_t j = 0; j < count; j++) \
            for (size_t h = 0; h < heads; h++) { \
                const float *q = query + h * width, *k = keys[j] + h * width; \
                VECTOR sums = {0}; \
                size_t i = 0; \
                for (; i + LANES <= width; i += LANES) sums += *(const LOOSE *)(q + i) * *(const LOOSE *)(k + i); \
                SEE_ADD_LANES(sums, LANES); \
                float sum = sums[0]; \
                for (; i < width; i++) sum += q[i] * k[i]; \
                scores[h * count + j] = sum; \
            } \
    } \
    TARGET static void VALUES( \
        const float *scores, const float *const *keys, size_t count, size_t offset, size_t heads, size_t width, \
        float *out) { \
        SEE_VECTOR(float, LANES); \
        memset(out, 0, heads * width * sizeof(float)); \
        for (size_t j = 0; j < count; j++) \
            for (size_t h = 0; h < heads; h++) { \
                const float *v = keys[j] + offset + h * width; \
                float *o = out + h * width, share = scores[h * count + j]; \
                size_t i = 0; \
                for (; i + LANES <= width; i += LANES) *(LOOSE *)(o + i) += share * *(const LOOSE *)(v + i); \
                for (; i < width; i++) o[i] += share * v[i]; \
            } \
    }

DEFINE_GATHERED(scores_portable, values_portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_GATHERED(scores_avx2, values_avx2, SEE_AVX2, 8)
DEFINE_GATHERED(scores_avx512, values_avx512, SEE_AVX512, 16)
#endif

void see_gathered_attention(
    const float *query, const float *const *keys, size_t count, size_t value_offset, size_t heads, size_t head_width,
    float scale, float *scores, float *out) {
    see_kernels_path path = see_kernels_active_path();
    SEE_KERNEL(path, scores)(query, keys, count, heads, head_width, scores);
    for (size_t h = 0; h < heads; h++) see_softmax(scores + h * count, count, scale);
    SEE_KERNEL(path, values)(scores, keys, count, value_offset, heads, head_width, out);
    (void)path;
}
