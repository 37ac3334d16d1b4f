#include "kernels_pack.h"
#include "simd.h"

#include <string.h>

// Rows become columns in squares of as many rows as a vector has lanes: each stage swaps blocks across the diagonal, of
// half the size of the stage before.

#define SWAP_BLOCKS(SQUARE, LANES, SIZE) \
    SEE_UNROLL for (int i = 0; i < LANES; i++) { \
        if ((i & SIZE) == 0) { \
            VECTOR a = SQUARE[i], b = SQUARE[i + SIZE]; \
            SQUARE[i] = __builtin_shufflevector(a, b, UPPER_##LANES##_##SIZE); \
            SQUARE[i + SIZE] = __builtin_shufflevector(a, b, LOWER_##LANES##_##SIZE); \
        } \
    }

#define UPPER_4_2 0, 1, 4, 5
#define LOWER_4_2 2, 3, 6, 7
#define UPPER_4_1 0, 4, 2, 6
#define LOWER_4_1 1, 5, 3, 7
#define UPPER_8_4 0, 1, 2, 3, 8, 9, 10, 11
#define LOWER_8_4 4, 5, 6, 7, 12, 13, 14, 15
#define UPPER_8_2 0, 1, 8, 9, 4, 5, 12, 13
#define LOWER_8_2 2, 3, 10, 11, 6, 7, 14, 15
#define UPPER_8_1 0, 8, 2, 10, 4, 12, 6, 14
#define LOWER_8_1 1, 9, 3, 11, 5, 13, 7, 15
#define UPPER_16_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define LOWER_16_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define UPPER_16_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define LOWER_16_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define UPPER_16_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define LOWER_16_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define UPPER_16_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define LOWER_16_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

#define TRANSPOSE_4(SQUARE) SWAP_BLOCKS(SQUARE, 4, 2) SWAP_BLOCKS(SQUARE, 4, 1)
#define TRANSPOSE_8(SQUARE) SWAP_BLOCKS(SQUARE, 8, 4) SWAP_BLOCKS(SQUARE, 8, 2) SWAP_BLOCKS(SQUARE, 8, 1)
#define TRANSPOSE_16(SQUARE) SWAP_BLOCKS(SQUARE, 16, 8) SWAP_BLOCKS(SQUARE, 16, 4) SWAP_BLOCKS(SQUARE, 16, 2) SWAP_BLOCKS(SQUARE, 16, 1)

// Squares jump from row to row, which the processor does not foresee. Where the rows come from memory, touching them first,
// in their order, makes the packing more than twice as fast; where they are cached, it costs a load for each line.
static void touch(const float *source, size_t stride, size_t rows, size_t columns) {
    size_t line = 64 / sizeof(float);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column += line) (void)*(const volatile float *)(source + row * stride + column);
}

// Columns are written whole vectors at a time where columns written later cover what is too much; the last ones, and rows
// behind the first vector, are written exactly.
#define DEFINE_PACK(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        const float *source, size_t stride, size_t rows, size_t columns, float scale, size_t width, float *panel) { \
        SEE_VECTOR(float, LANES); \
        size_t whole = columns - columns % LANES; \
        touch(source, stride, rows, columns); \
        for (size_t column = 0; column < whole; column += LANES) \
            for (size_t row = 0; row < width; row += LANES) { \
                size_t left = width - row; \
                VECTOR square[LANES]; \
                SEE_UNROLL for (int i = 0; i < LANES; i++) { \
                    VECTOR zero = {0}; \
                    square[i] = row + i < rows ? *(const LOOSE *)(source + (row + i) * stride + column) * scale : zero; \
                } \
                TRANSPOSE_##LANES(square) \
                float *target = panel + column * width + row; \
                int isLoose = left >= LANES || (row == 0 && (column + LANES - 1) * width + LANES <= columns * width); \
                if (isLoose) { \
                    SEE_UNROLL for (int i = 0; i < LANES; i++) *(LOOSE *)(target + i * width) = square[i]; \
                } else { \
                    for (int i = 0; i < LANES; i++) memcpy(target + i * width, &square[i], left * sizeof(float)); \
                } \
            } \
        for (size_t column = whole; column < columns; column++) \
            for (size_t row = 0; row < width; row++) \
                panel[column * width + row] = row < rows ? source[row * stride + column] * scale : 0; \
    }

// Whole vectors, then eight elements at a time, the last ones again where they are not eight, then single ones.
#define DEFINE_PACK_COLUMNS(NAME, TARGET, LANES) \
    TARGET static void NAME( \
        const float *source, size_t stride, size_t rows, size_t columns, float scale, size_t width, float *panel) { \
        SEE_VECTOR(float, LANES); \
        typedef float EIGHT __attribute__((vector_size(32), aligned(1), may_alias)); \
        for (size_t column = 0; column < columns; column++) { \
            const float *from = source + column * stride; \
            float *to = panel + column * width; \
            size_t row = 0; \
            for (; row + LANES <= rows; row += LANES) *(LOOSE *)(to + row) = *(const LOOSE *)(from + row) * scale; \
            for (; row + 8 <= rows; row += 8) *(EIGHT *)(to + row) = *(const EIGHT *)(from + row) * scale; \
            if (row < rows && rows >= 8) { \
                *(EIGHT *)(to + rows - 8) = *(const EIGHT *)(from + rows - 8) * scale; \
                row = rows; \
            } \
            for (; row < rows; row++) to[row] = from[row] * scale; \
            for (; row < width; row++) to[row] = 0; \
        } \
    }

DEFINE_PACK(pack_portable, SEE_PORTABLE, 4)
DEFINE_PACK_COLUMNS(pack_columns_portable, SEE_PORTABLE, 4)
#if SEE_HAS_X86_PATHS
DEFINE_PACK(pack_avx2, SEE_AVX2, 8)
DEFINE_PACK_COLUMNS(pack_columns_avx2, SEE_AVX2, 8)
DEFINE_PACK(pack_avx512, SEE_AVX512, 16)
DEFINE_PACK_COLUMNS(pack_columns_avx512, SEE_AVX512, 16)
#endif

void see_spack_rows(
    const float *source, size_t stride, size_t rows, size_t columns, float scale, size_t width, float *panel) {
    SEE_KERNEL(see_kernels_active_path(), pack)(source, stride, rows, columns, scale, width, panel);
}

void see_spack_columns(
    const float *source, size_t stride, size_t rows, size_t columns, float scale, size_t width, float *panel) {
    SEE_KERNEL(see_kernels_active_path(), pack_columns)(source, stride, rows, columns, scale, width, panel);
}
