#include "kernels_matrix.h"
#include "simd.h"

#pragma clang fp contract(fast)

// The tile holds ROWS x VECTORS sums in registers, beside VECTORS of b and one broadcast element of a: 14 x 2 of the 32
// registers of AVX-512, 6 x 2 of 16 elsewhere on x86, 8 x 3 of 32 on arm64. In bytes, all tiles have the same shape for
// float and double.
#if defined(__aarch64__)
#define PORTABLE_ROWS 8
#define PORTABLE_VECTORS 3
#else
#define PORTABLE_ROWS 6
#define PORTABLE_VECTORS 2
#endif

enum { MAXIMAL_TILE_BYTES = 14 * 2 * 64 };

#define DEFINE_TILE(NAME, TARGET, ELEMENT, LANES, ROWS, VECTORS) \
    TARGET static void NAME( \
        size_t depth, const ELEMENT *a, const ELEMENT *b, ELEMENT *c, size_t stride, int accumulate) { \
        SEE_VECTOR(ELEMENT, LANES); \
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
#define DEFINE_GEMV(NAME, TARGET, ELEMENT, LANES) \
    TARGET static void NAME( \
        const ELEMENT *a, size_t stride, size_t rows, size_t columns, const ELEMENT *x, ELEMENT *y) { \
        SEE_VECTOR(ELEMENT, LANES); \
        for (size_t row = 0; row < rows; row += 4) { \
            const ELEMENT *at[4]; \
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
                SEE_ADD_LANES(total, LANES); \
                ELEMENT sum = total[0]; \
                for (size_t k = i; k < columns; k++) sum += at[r][k] * x[k]; \
                if (row + r < rows) y[row + r] = sum; \
            } \
        } \
    }

DEFINE_TILE(stile_portable, SEE_PORTABLE, float, 4, PORTABLE_ROWS, PORTABLE_VECTORS)
DEFINE_TILE(dtile_portable, SEE_PORTABLE, double, 2, PORTABLE_ROWS, PORTABLE_VECTORS)
DEFINE_GEMV(sgemv_portable, SEE_PORTABLE, float, 4)
DEFINE_GEMV(dgemv_portable, SEE_PORTABLE, double, 2)
#if SEE_HAS_X86_PATHS
DEFINE_TILE(stile_avx2, SEE_AVX2, float, 8, 6, 2)
DEFINE_TILE(dtile_avx2, SEE_AVX2, double, 4, 6, 2)
DEFINE_GEMV(sgemv_avx2, SEE_AVX2, float, 8)
DEFINE_GEMV(dgemv_avx2, SEE_AVX2, double, 4)
DEFINE_TILE(stile_avx512, SEE_AVX512, float, 16, 14, 2)
DEFINE_TILE(dtile_avx512, SEE_AVX512, double, 8, 14, 2)
DEFINE_GEMV(sgemv_avx512, SEE_AVX512, float, 16)
DEFINE_GEMV(dgemv_avx512, SEE_AVX512, double, 8)
#endif

static see_tile_shape tile_shape(size_t element) {
    see_kernels_path path = see_kernels_active_path();
    switch (path) {
    case SEE_KERNELS_AVX512: return (see_tile_shape){path, 14, 2 * 64 / element};
    case SEE_KERNELS_AVX2: return (see_tile_shape){path, 6, 2 * 32 / element};
    default: return (see_tile_shape){SEE_KERNELS_PORTABLE, PORTABLE_ROWS, PORTABLE_VECTORS * 16 / element};
    }
}

see_tile_shape see_sgemm_tile_shape(void) { return tile_shape(sizeof(float)); }
see_tile_shape see_dgemm_tile_shape(void) { return tile_shape(sizeof(double)); }

// At the edges the whole tile is computed aside, and the part that exists is moved.
#define DEFINE_EDGED_TILE(NAME, KERNEL, ELEMENT) \
    void NAME( \
        see_tile_shape shape, size_t depth, const ELEMENT *a, const ELEMENT *b, \
        ELEMENT *c, size_t stride, size_t rows, size_t columns, int accumulate) { \
        if (rows == shape.rows && columns == shape.columns) { \
            SEE_KERNEL(shape.path, KERNEL)(depth, a, b, c, stride, accumulate); \
            return; \
        } \
        ELEMENT tile[MAXIMAL_TILE_BYTES / sizeof(ELEMENT)]; \
        SEE_KERNEL(shape.path, KERNEL)(depth, a, b, tile, shape.columns, 0); \
        for (size_t r = 0; r < rows; r++) \
            for (size_t k = 0; k < columns; k++) { \
                ELEMENT *place = c + r * stride + k, sum = tile[r * shape.columns + k]; \
                *place = accumulate ? *place + sum : sum; \
            } \
    }

DEFINE_EDGED_TILE(see_sgemm_tile, stile, float)
DEFINE_EDGED_TILE(see_dgemm_tile, dtile, double)

void see_sgemv(const float *a, size_t stride, size_t rows, size_t columns, const float *x, float *y) {
    SEE_KERNEL(see_kernels_active_path(), sgemv)(a, stride, rows, columns, x, y);
}

void see_dgemv(const double *a, size_t stride, size_t rows, size_t columns, const double *x, double *y) {
    SEE_KERNEL(see_kernels_active_path(), dgemv)(a, stride, rows, columns, x, y);
}
