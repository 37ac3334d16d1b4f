#pragma once
#include <stddef.h>

/// Packs up to `width` rows, `stride` apart, for a gemm kernel: for each column the rows' elements side by side, times
/// `scale`. Rows from `rows` on become zero; `panel` has room for `columns * width` elements. Every path gives the same
/// bits.
void see_spack_rows(
    const float *_Nonnull source, size_t stride, size_t rows, size_t columns, float scale, size_t width,
    float *_Nonnull panel);

/// The same for rows whose elements of one column are adjacent, `stride` being the distance between columns.
void see_spack_columns(
    const float *_Nonnull source, size_t stride, size_t rows, size_t columns, float scale, size_t width,
    float *_Nonnull panel);
