#include "kernels_vector.h"
#include "simd.h"

#pragma clang fp contract(fast)

// Each loop carries four vectors: enough partial sums to hide the latency of a multiply-add.

#define DEFINE_DOT(NAME, TARGET, ELEMENT, LANES) \
    TARGET static ELEMENT NAME(const ELEMENT *a, const ELEMENT *b, size_t count) { \
        SEE_VECTOR(ELEMENT, LANES); \
        VECTOR sums[4] = {{0}}; \
        size_t i = 0; \
        for (; i + 4 * LANES <= count; i += 4 * LANES) { \
            SEE_UNROLL for (int j = 0; j < 4; j++) \
                sums[j] += *(const LOOSE *)(a + i + j * LANES) * *(const LOOSE *)(b + i + j * LANES); \
        } \
        for (; i + LANES <= count; i += LANES) sums[0] += *(const LOOSE *)(a + i) * *(const LOOSE *)(b + i); \
        VECTOR total = (sums[0] + sums[1]) + (sums[2] + sums[3]); \
        SEE_ADD_LANES(total, LANES); \
        ELEMENT sum = total[0]; \
        for (; i < count; i++) sum += a[i] * b[i]; \
        return sum; \
    }

#define DEFINE_AXPY(NAME, TARGET, ELEMENT, LANES) \
    TARGET static void NAME(ELEMENT alpha, const ELEMENT *x, ELEMENT *y, size_t count) { \
        SEE_VECTOR(ELEMENT, LANES); \
        size_t i = 0; \
        for (; i + 4 * LANES <= count; i += 4 * LANES) { \
            SEE_UNROLL for (int j = 0; j < 4; j++) \
                *(LOOSE *)(y + i + j * LANES) += alpha * *(const LOOSE *)(x + i + j * LANES); \
        } \
        for (; i + LANES <= count; i += LANES) *(LOOSE *)(y + i) += alpha * *(const LOOSE *)(x + i); \
        for (; i < count; i++) y[i] += alpha * x[i]; \
    }

// The row that two successive rotations share stays in registers.
#define DEFINE_SWEEP(NAME, TARGET, LANES) \
    TARGET static void NAME(double *rows, const double *rotations, size_t count) { \
        SEE_VECTOR(double, LANES); \
        enum { VECTORS = SEE_SWEEP_COLUMNS / LANES }; \
        VECTOR shared[VECTORS]; \
        LOOSE *row = (LOOSE *)(rows + count * SEE_SWEEP_COLUMNS); \
        SEE_UNROLL for (int v = 0; v < VECTORS; v++) shared[v] = row[v]; \
        for (; count > 0; count--) { \
            double cosine = *rotations++, sine = *rotations++; \
            LOOSE *above = row - VECTORS; \
            SEE_UNROLL for (int v = 0; v < VECTORS; v++) { \
                VECTOR upper = above[v]; \
                row[v] = sine * upper + cosine * shared[v]; \
                shared[v] = cosine * upper - sine * shared[v]; \
            } \
            row = above; \
        } \
        SEE_UNROLL for (int v = 0; v < VECTORS; v++) row[v] = shared[v]; \
    }

DEFINE_DOT(sdot_portable, SEE_PORTABLE, float, 4)
DEFINE_DOT(ddot_portable, SEE_PORTABLE, double, 2)
DEFINE_AXPY(saxpy_portable, SEE_PORTABLE, float, 4)
DEFINE_AXPY(daxpy_portable, SEE_PORTABLE, double, 2)
DEFINE_SWEEP(sweep_portable, SEE_PORTABLE, 2)
#if SEE_HAS_X86_PATHS
DEFINE_DOT(sdot_avx2, SEE_AVX2, float, 8)
DEFINE_DOT(sdot_avx512, SEE_AVX512, float, 16)
DEFINE_DOT(ddot_avx2, SEE_AVX2, double, 4)
DEFINE_DOT(ddot_avx512, SEE_AVX512, double, 8)
DEFINE_AXPY(saxpy_avx2, SEE_AVX2, float, 8)
DEFINE_AXPY(saxpy_avx512, SEE_AVX512, float, 16)
DEFINE_AXPY(daxpy_avx2, SEE_AVX2, double, 4)
DEFINE_AXPY(daxpy_avx512, SEE_AVX512, double, 8)
DEFINE_SWEEP(sweep_avx2, SEE_AVX2, 4)
DEFINE_SWEEP(sweep_avx512, SEE_AVX512, 8)
#endif

float see_sdot(const float *a, const float *b, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), sdot)(a, b, count);
}

double see_ddot(const double *a, const double *b, size_t count) {
    return SEE_KERNEL(see_kernels_active_path(), ddot)(a, b, count);
}

void see_saxpy(float alpha, const float *x, float *y, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), saxpy)(alpha, x, y, count);
}

void see_daxpy(double alpha, const double *x, double *y, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), daxpy)(alpha, x, y, count);
}

void see_drotate_sweep(double *rows, const double *rotations, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), sweep)(rows, rotations, count);
}
