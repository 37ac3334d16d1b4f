#pragma once
#include <stddef.h>

/// The shape of the tile of the result that `see_sgemm_tile` computes at once. It belongs to one path: pack, multiply
/// and finish with the same tile, even if another path is selected meanwhile.
typedef struct {
    int path;
    size_t rows;
    size_t columns;
} see_sgemm_shape;

/// The tile of the path in use.
see_sgemm_shape see_sgemm_tile_shape(void);

/// c = a * b, or c += a * b where `accumulate` is not 0, for a tile of `rows` x `columns` elements (at most the
/// shape's; fewer at the edges), rows of c being `stride` apart.
/// a is packed: for each of the `depth` steps the shape's number of rows side by side; b likewise with columns.
void see_sgemm_tile(
    see_sgemm_shape shape, size_t depth, const float *a, const float *b,
    float *c, size_t stride, size_t rows, size_t columns, int accumulate);

/// y[r] = the sum of a[r * stride + i] * x[i] over `columns`, for `rows` rows.
void see_sgemv(const float *a, size_t stride, size_t rows, size_t columns, const float *x, float *y);
