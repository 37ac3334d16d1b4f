#pragma once
#include <stddef.h>
#include <stdint.h>

// Products of a vector with rows of small whole numbers ("levels"), which are packed in blocks of 64 and read in place.
// A row's blocks come in runs of one width. Level tables say what a code stands for, which depends on the class that a
// column has in a row: its own class + the row's offset.

/// Columns a block.
enum { SEE_LEVEL_BLOCK = 64 };

/// Rows whose blocks alternate: block 0 of each of them, then block 1 of each of them, and so on. The vector, the classes and the
/// tables of a block are then loaded once for all of them, and the memory is read from front to back.
enum { SEE_LEVEL_ROWS = 4 };

/// How the blocks of a run are packed.
typedef enum {
    /// Nothing is stored: all levels are 0.
    SEE_LEVELS_NONE,
    /// Codes of 2 bits: 0, +1, −1 of `small` (16 bytes a block).
    SEE_LEVELS_2,
    /// Codes of 3 bits, of `small` (24 bytes).
    SEE_LEVELS_3,
    /// Codes of 4 bits, of `firsts` and `seconds` (32 bytes).
    SEE_LEVELS_4,
    /// Levels of 16 bits (128 bytes).
    SEE_LEVELS_16,
    SEE_LEVEL_WIDTHS
} see_level_width;

/// A run of blocks of one width.
typedef struct {
    uint16_t width;
    uint16_t blocks;
} see_level_run;

/// What the rows of a matrix share.
typedef struct {
    /// Levels of the codes 0 … 7 (0, ±first, ±second, ±third; the last unused) for each class from `lowest_class` on.
    const int8_t *_Nonnull small;
    /// Levels of the codes 0 … 15 for each class, in two parts that add up to the level.
    const int8_t *_Nonnull firsts;
    const int8_t *_Nonnull seconds;
    /// For each column, 8 · its class less the lowest of its block (at most 7 in blocks of codes).
    const uint8_t *_Nonnull classes;
    /// For each block, the lowest class of its columns less `lowest_class`, for a row of the offset 0.
    const int32_t *_Nonnull block_classes;
} see_level_tables;

/// A vector, made ready for products.
typedef struct {
    /// The elements, padded with zeros to whole blocks.
    const float *_Nonnull values;
    /// The elements as 16-bit integers, which count `scale`: the higher byte + 128, and the lower byte.
    const uint8_t *_Nonnull high;
    const uint8_t *_Nonnull low;
    float scale;
} see_level_vector;

/// A level that no code stands for.
typedef struct {
    int32_t column;
    int32_t level;
} see_level_exception;

/// Adds level · element of every exception of `rows` rows to their products: those of row r are `starts[r]` … `starts[r + 1]` − 1.
void see_add_level_exceptions(
    const see_level_exception *_Nonnull exceptions, const int32_t *_Nonnull starts, size_t rows,
    const float *_Nonnull values, float *_Nonnull products);

/// For `rows` rows, the sum over `runs` of level · element: their packed blocks, `row_bytes` a row, begin at `codes`, and their
/// columns' classes are `offset` above those of the tables. The blocks of four rows each alternate; those of the last `rows` % 4
/// lie one row behind the other. At least 64 bytes behind the last row must be readable.
/// `level_sums` are the sums of the levels that are packed in codes (not of those of 16 bits).
/// What is packed in codes is summed in integers, the same on every path; levels of 16 bits are summed in floating point.
/// Rows have at most 4,096 blocks.
void see_level_products(
    const see_level_tables *_Nonnull tables, const see_level_run *_Nonnull runs, size_t run_count, int32_t offset,
    const uint8_t *_Nonnull codes, size_t row_bytes, const int32_t *_Nonnull level_sums, size_t rows,
    const see_level_vector *_Nonnull vector, float *_Nonnull products);

/// The sum of a[i] * b[i].
float see_dot_i8(const int8_t *_Nonnull a, const float *_Nonnull b, size_t count);

/// y[i] += alpha * x[i]
void see_axpy_i8(float alpha, const int8_t *_Nonnull x, float *_Nonnull y, size_t count);
