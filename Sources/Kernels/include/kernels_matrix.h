#pragma once
#include <stddef.h>

/// The shape of the tile of the result that a gemm kernel computes at once. It belongs to one path: pack, multiply and
/// finish with the same shape, even if another path is selected meanwhile.
typedef struct {
    int path;
    size_t rows;
    size_t columns;
} see_tile_shape;

/// The tiles of the path in use.
see_tile_shape see_sgemm_tile_shape(void);
see_tile_shape see_dgemm_tile_shape(void);

/// c = a * b, or c += a * b where `accumulate` is not 0, for a tile of `rows` x `columns` elements (at most the
/// shape's; fewer at the edges), rows of c being `stride` apart.
/// a is packed: for each of the `depth` steps the shape's number of rows side by side; b likewise with columns.
void see_sgemm_tile(
    see_tile_shape shape, size_t depth, const float *a, const float *b,
    float *c, size_t stride, size_t rows, size_t columns, int accumulate);
void see_dgemm_tile(
    see_tile_shape shape, size_t depth, const double *a, const double *b,
    double *c, size_t stride, size_t rows, size_t columns, int accumulate);

/// y[r] = the sum of a[r * stride + i] * x[i] over `columns`, for `rows` rows.
void see_sgemv(const float *a, size_t stride, size_t rows, size_t columns, const float *x, float *y);
void see_dgemv(const double *a, size_t stride, size_t rows, size_t columns, const double *x, double *y);
