#pragma once
#include <stddef.h>
#include <stdint.h>

// Products of a vector, or of a few, with weights that stay as their file stores them: each row of a matrix is a run of
// numbers or blocks, and nothing is decoded into memory. Weights may lie at any address.
//
// Block types multiply whole numbers: the vector is rounded to blocks of 32 signed bytes with a scale each, as ggml does.
// Sums are taken in an order that depends on the path, so their last bits do too; the whole-number parts are exact.

/// The formats whose products have kernels.
typedef enum {
    SEE_WEIGHTS_F16,
    SEE_WEIGHTS_BF16,
    SEE_WEIGHTS_Q8_0,
    SEE_WEIGHTS_Q4_0,
    SEE_WEIGHTS_Q4_K,
} see_weight_format;

enum {
    /// Values that share a scale in a quantised vector.
    SEE_ACTIVATION_BLOCK = 32,
    /// Rows of a packed panel.
    SEE_PANEL_ROWS = 16,
};

/// A vector in blocks of 32: value = scale * code.
typedef struct {
    /// A signed byte a value.
    const int8_t *_Nonnull codes;
    /// A scale a block.
    const float *_Nonnull scales;
    /// The negated sum of each block's codes: what unsigned weight codes with an offset have to be corrected by.
    const int32_t *_Nonnull negated_sums;
} see_quantised_vector;

/// Rounds `count` values (a multiple of 32) to blocks; a block's greatest magnitude becomes 127 steps. Values must be
/// finite; others give some code, never a trap.
void see_quantise_vector(
    const float *_Nonnull values, size_t count,
    int8_t *_Nonnull codes, float *_Nonnull scales, int32_t *_Nonnull negated_sums);

/// y[r] = the product of row r with x, for `rows` rows of `columns` F16 or BF16 numbers, `row_bytes` apart.
void see_weights_times_vector(
    see_weight_format format, const uint8_t *_Nonnull rows_start, size_t row_bytes, size_t rows, size_t columns,
    const float *_Nonnull x, float *_Nonnull y);

/// The same for block types, with a quantised x; `columns` is a multiple of the type's block.
void see_weights_times_quantised(
    see_weight_format format, const uint8_t *_Nonnull rows_start, size_t row_bytes, size_t rows, size_t columns,
    see_quantised_vector x, float *_Nonnull y);

/// Whether this CPU multiplies whole-number panels faster than decoded floats: where it has AVX-512 VNNI, on that path.
int see_panels_available(void);

/// Packs up to SEE_PANEL_ROWS rows of a block type for `see_panel_times_quantised`: in groups of 4 columns the rows' codes
/// side by side (`columns` * 16 bytes, aligned to 64), and a scale and an offset for each row of each block of 32
/// (`columns` / 32 * 16 floats each). Rows beyond `rows` become zero.
void see_pack_panel(
    see_weight_format format, const uint8_t *_Nonnull rows_start, size_t row_bytes, size_t rows, size_t columns,
    uint8_t *_Nonnull codes, float *_Nonnull scales, float *_Nonnull offsets);

/// y[t * y_stride + r] = the product of the panel's row r with vector t, for `count` vectors. Vector t's codes begin at
/// x.codes + t * columns, its scales and sums at t * columns / 32. Only the first `rows` results of each are written.
void see_panel_times_quantised(
    see_weight_format format, const uint8_t *_Nonnull codes, const float *_Nonnull scales,
    const float *_Nonnull offsets, size_t columns, see_quantised_vector x, size_t count,
    float *_Nonnull y, size_t y_stride, size_t rows);
