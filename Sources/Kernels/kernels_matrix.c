#include "kernels_matrix.h"
#include "simd.h"

#include <string.h>

#pragma clang fp contract(fast)

// The tile holds ROWS x VECTORS sums in registers, beside VECTORS of b and one broadcast element of a: 14 x 2 of the 32
// registers of AVX-512, 6 x 2 of 16 elsewhere on x86, 8 x 3 of 32 on arm64.
#if defined(__aarch64__)
#define PORTABLE_ROWS 8
#define PORTABLE_VECTORS 3
#else
#define PORTABLE_ROWS 6
#define PORTABLE_VECTORS 2
#endif

enum { MAXIMAL_TILE = 14 * 32 };

#define DEFINE_TILE(NAME, TARGET, LANES, ROWS, VECTORS) \
    TARGET static void NAME( \
        size_t depth, const float *a, const float *b, float *c, size_t stride, int accumulate) { \
        SEE_VECTOR(float, LANES); \
        VECTOR sums[ROWS][VECTORS]; \
        SEE_UNROLL for (int r = 0; r < ROWS; r++) \
            SEE_UNROLL for (int v = 0; v < VECTORS; v++) sums[r][v] = (VECTOR){0}; \
        for (size_t k = 0; k < depth; k++) { \
            VECTOR right[VECTORS]; \
            SEE_UNROLL for (int v = 0; v < VECTORS; v++) right[v] = *(const LOOSE *)(b + v * LANES); \
            SEE_UNROLL for (int r = 0; r < ROWS; r++) \
                SEE_UNROLL for (int v = 0; v < VECTORS; v++) sums[r][v] += a[r] * right[v]; \
            a += ROWS; \
            b += VECTORS * LANES; \
        } \
        SEE_UNROLL for (int r = 0; r < ROWS; r++) \
            SEE_UNROLL for (int v = 0; v < VECTORS; v++) { \
                LOOSE *place = (LOOSE *)(c + r * stride + v * LANES); \
                *place = accumulate ? *place + sums[r][v] : sums[r][v]; \
            } \
    }

// Four rows at a time share the loads of x, with two sums each.
#define DEFINE_GEMV(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        const float *a, size_t stride, size_t rows, size_t columns, const float *x, float *y) { \
        SEE_VECTOR(float, LANES); \
        for (size_t row = 0; row < rows; row += 4) { \
            const float *at[4]; \
            SEE_UNROLL for (int r = 0; r < 4; r++) at[r] = a + (row + r < rows ? row + r : rows - 1) * stride; \
            VECTOR sums[4][2] = {{{0}}}; \
            size_t i = 0; \
            for (; i + 2 * LANES <= columns; i += 2 * LANES) \
                SEE_UNROLL for (int j = 0; j < 2; j++) { \
                    VECTOR right = *(const LOOSE *)(x + i + j * LANES); \
                    SEE_UNROLL for (int r = 0; r < 4; r++) \
                        sums[r][j] += *(const LOOSE *)(at[r] + i + j * LANES) * right; \
                } \
            SEE_UNROLL for (int r = 0; r < 4; r++) { \
                VECTOR total = sums[r][0] + sums[r][1]; \
                float sum = 0; \
                SEE_UNROLL for (int lane = 0; lane < LANES; lane++) sum += total[lane]; \
                for (size_t k = i; k < columns; k++) sum += at[r][k] * x[k]; \
                if (row + r < rows) y[row + r] = sum; \
            } \
        } \
    }

DEFINE_TILE(tile_portable, SEE_PORTABLE, 4, PORTABLE_ROWS, PORTABLE_VECTORS)
DEFINE_GEMV(gemv_portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_TILE(tile_avx2, SEE_AVX2, 8, 6, 2)
DEFINE_TILE(tile_avx512, SEE_AVX512, 16, 14, 2)
DEFINE_GEMV(gemv_avx2, SEE_AVX2, 8)
DEFINE_GEMV(gemv_avx512, SEE_AVX512, 16)
#endif

see_sgemm_shape see_sgemm_tile_shape(void) {
    see_kernels_path path = see_kernels_active_path();
    switch (path) {
    case SEE_KERNELS_AVX512: return (see_sgemm_shape){path, 14, 32};
    case SEE_KERNELS_AVX2: return (see_sgemm_shape){path, 6, 16};
    default: return (see_sgemm_shape){SEE_KERNELS_PORTABLE, PORTABLE_ROWS, PORTABLE_VECTORS * 4};
    }
}

static void whole_tile(
    int path, size_t depth, const float *a, const float *b, float *c, size_t stride, int accumulate) {
    SEE_KERNEL(path, tile)(depth, a, b, c, stride, accumulate);
}

void see_sgemm_tile(
    see_sgemm_shape shape, size_t depth, const float *a, const float *b,
    float *c, size_t stride, size_t rows, size_t columns, int accumulate) {
    if (rows == shape.rows && columns == shape.columns) {
        whole_tile(shape.path, depth, a, b, c, stride, accumulate);
        return;
    }
    float tile[MAXIMAL_TILE];
    whole_tile(shape.path, depth, a, b, tile, shape.columns, 0);
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns; k++) {
            float *place = c + r * stride + k;
            float sum = tile[r * shape.columns + k];
            *place = accumulate ? *place + sum : sum;
        }
}

void see_sgemv(const float *a, size_t stride, size_t rows, size_t columns, const float *x, float *y) {
    SEE_KERNEL(see_kernels_active_path(), gemv)(a, stride, rows, columns, x, y);
}
