#include "kernels_entangle.h"
#include "simd.h"

#include <math.h>
#include <stdint.h>

// Sums must come out alike on every path, and scores decide which unit is taken: no multiply-add is fused here but where
// a contraction allows it.
#pragma clang fp contract(off)

// Slots are short (12, 16, 24 numbers): eight lanes waste fewer of them than sixteen.

#define DEFINE_ADD_OUTER(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        float *sum, float scale, const float *first, size_t heads, const float *vector, size_t last) { \
        SEE_VECTOR(float, LANES); \
        for (size_t i = 0; i < heads; i++, sum += last) { \
            float head = scale * first[i]; \
            size_t j = 0; \
            for (; j + LANES <= last; j += LANES) { \
                VECTOR product = head * *(const LOOSE *)(vector + j); \
                *(LOOSE *)(sum + j) += product; \
            } \
            for (; j < last; j++) { \
                float product = head * vector[j]; \
                sum[j] += product; \
            } \
        } \
    }

#define DEFINE_CONTRACT(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        float *result, const float *block, size_t heads, size_t size, size_t tails, const float *cofactor) { \
        _Pragma("clang fp contract(fast)") \
        SEE_VECTOR(float, LANES); \
        if (tails == 1) { \
            size_t x = 0; \
            for (; x + 2 * LANES <= size; x += 2 * LANES) { \
                VECTOR low = *(const LOOSE *)(result + x), high = *(const LOOSE *)(result + x + LANES); \
                const float *at = block + x; \
                for (size_t head = 0; head < heads; head++, at += size) { \
                    low += cofactor[head] * *(const LOOSE *)at; \
                    high += cofactor[head] * *(const LOOSE *)(at + LANES); \
                } \
                *(LOOSE *)(result + x) = low; \
                *(LOOSE *)(result + x + LANES) = high; \
            } \
            for (; x + LANES <= size; x += LANES) { \
                VECTOR sum = *(const LOOSE *)(result + x); \
                const float *at = block + x; \
                for (size_t head = 0; head < heads; head++, at += size) sum += cofactor[head] * *(const LOOSE *)at; \
                *(LOOSE *)(result + x) = sum; \
            } \
            for (; x < size; x++) \
                for (size_t head = 0; head < heads; head++) result[x] += cofactor[head] * block[head * size + x]; \
            return; \
        } \
        for (size_t head = 0; head < heads; head++, cofactor += tails) \
            for (size_t x = 0; x < size; x++, block += tails) { \
                VECTOR sums[2] = {{0}}; \
                size_t i = 0; \
                for (; i + 2 * LANES <= tails; i += 2 * LANES) \
                    SEE_UNROLL for (int j = 0; j < 2; j++) \
                        sums[j] += *(const LOOSE *)(block + i + j * LANES) * *(const LOOSE *)(cofactor + i + j * LANES); \
                for (; i + LANES <= tails; i += LANES) \
                    sums[0] += *(const LOOSE *)(block + i) * *(const LOOSE *)(cofactor + i); \
                sums[0] += sums[1]; \
                SEE_ADD_LANES(sums[0], LANES); \
                float sum = sums[0][0]; \
                for (; i < tails; i++) sum += block[i] * cofactor[i]; \
                result[x] += sum; \
            } \
    }

// Each lane keeps its greatest score and where it was first met; of the lanes, the greatest with the lowest index wins.
// A score that is not a number compares as not greater, and so is never taken.
#define DEFINE_BEST(NAME, TARGET, LANES, PARAMETERS, SCORES, SCORE) \
    TARGET static size_t NAME PARAMETERS { \
        SEE_VECTOR(float, LANES); \
        typedef int32_t INDICES __attribute__((vector_size(LANES * sizeof(int32_t)))); \
        VECTOR best[2]; \
        INDICES places[2] = {{0}}, here, step; \
        SEE_UNROLL for (int lane = 0; lane < LANES; lane++) { \
            best[0][lane] = -INFINITY; \
            best[1][lane] = -INFINITY; \
            here[lane] = lane; \
            step[lane] = LANES; \
        } \
        size_t i = 0; \
        for (; i + 2 * LANES <= count; i += 2 * LANES) \
            SEE_UNROLL for (int j = 0; j < 2; j++) { \
                size_t at = i + (size_t)j * LANES; \
                VECTOR scores = SCORES; \
                INDICES greater = (INDICES)(scores > best[j]); \
                best[j] = (VECTOR)(((INDICES)scores & greater) | ((INDICES)best[j] & ~greater)); \
                places[j] = (here & greater) | (places[j] & ~greater); \
                here += step; \
            } \
        float greatest = -INFINITY; \
        int32_t place = INT32_MAX; \
        for (int j = 0; j < 2; j++) \
            for (int lane = 0; lane < LANES; lane++) \
                if (best[j][lane] > greatest || (best[j][lane] == greatest && places[j][lane] < place)) { \
                    greatest = best[j][lane]; \
                    place = places[j][lane]; \
                } \
        size_t found = place == INT32_MAX || greatest == -INFINITY ? 0 : (size_t)place; \
        for (; i < count; i++) { \
            float score = SCORE; \
            if (score > greatest) { \
                greatest = score; \
                found = i; \
            } \
        } \
        return found; \
    }

#define AT(POINTER) (*(const LOOSE *)((POINTER) + at))
#define DEFINE_BEST_RATIO(NAME, TARGET, LANES) \
    DEFINE_BEST( \
        NAME, TARGET, LANES, (const float *products, const float *inverses, size_t count), \
        (AT(products) * AT(products)) * AT(inverses), (products[i] * products[i]) * inverses[i])
#define DEFINE_BEST_DIFFERENCE(NAME, TARGET, LANES) \
    DEFINE_BEST( \
        NAME, TARGET, LANES, (const float *products, const float *norms, float weight, size_t count), \
        2 * AT(products) - weight * AT(norms), 2 * products[i] - weight * norms[i])

DEFINE_ADD_OUTER(add_outer_portable, SEE_PORTABLE, 4)
DEFINE_CONTRACT(contract_portable, SEE_PORTABLE, 4)
DEFINE_BEST_RATIO(best_ratio_portable, SEE_PORTABLE, 4)
DEFINE_BEST_DIFFERENCE(best_difference_portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_ADD_OUTER(add_outer_avx2, SEE_AVX2, 8)
DEFINE_ADD_OUTER(add_outer_avx512, SEE_AVX512, 8)
DEFINE_CONTRACT(contract_avx2, SEE_AVX2, 8)
DEFINE_CONTRACT(contract_avx512, SEE_AVX512, 8)
DEFINE_BEST_RATIO(best_ratio_avx2, SEE_AVX2, 8)
DEFINE_BEST_RATIO(best_ratio_avx512, SEE_AVX512, 16)
DEFINE_BEST_DIFFERENCE(best_difference_avx2, SEE_AVX2, 8)
DEFINE_BEST_DIFFERENCE(best_difference_avx512, SEE_AVX512, 16)
#endif

void see_sadd_outer(
    float *sum, float scale, const float *first, size_t heads, const float *vector, size_t last) {
    SEE_KERNEL(see_kernels_active_path(), add_outer)(sum, scale, first, heads, vector, last);
}

void see_scontract(
    float *result, const float *block, size_t heads, size_t size, size_t tails, const float *cofactor) {
    SEE_KERNEL(see_kernels_active_path(), contract)(result, block, heads, size, tails, cofactor);
}

size_t see_sbest_ratio(const float *products, const float *inverses, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), best_ratio)(products, inverses, count);
}

size_t see_sbest_difference(const float *products, const float *norms, float weight, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), best_difference)(products, norms, weight, count);
}
