#pragma once
#include <stddef.h>
#include <stdint.h>

// Products of a vector with rows of small whole numbers ("levels"), which are packed in blocks of 64 and read in place.
// A row's blocks come in runs of one width. Level tables say what a code stands for, which depends on the class that a
// column has in a row: its own class + the row's offset.

/// Columns a block.
enum { SEE_LEVEL_BLOCK = 64 };

/// Rows that lie together, block by block, so that what a block has for all rows is loaded once for them and bytes are taken apart with
/// few instructions: a byte holds codes of several rows in one column.
enum { SEE_LEVEL_ROWS = 8 };

/// What q counts in levels beyond the tables.
enum { SEE_LEVEL_STEP = 32 };

/// The entries of a class in the tables: q is at most one less.
enum { SEE_LEVEL_CLASS_ENTRIES = 8 };

/// How the blocks of a run are packed. A level is the q-th positive one or its negative, or 0; its code is 2·q, or 2·q + 1 if it is
/// negative.
typedef enum {
    /// Nothing is stored: all levels are 0.
    SEE_LEVELS_NONE,
    /// Codes of 2 bits, q at most 1, of `small`: 2 · 64 bytes a block of eight rows.
    SEE_LEVELS_2,
    /// Codes of 3 bits, q at most 3, of `small`: 3 · 64 bytes.
    SEE_LEVELS_3,
    /// Codes of 4 bits, q at most 7, of `magnitudes`: 4 · 64 bytes.
    SEE_LEVELS_4,
    /// Bytes, row after row: q, or −q for negatives. Levels are those of `magnitudes` where q is at most 7, and 32·q above. In at
    /// most 512 blocks of a row.
    SEE_LEVELS_8,
    /// Levels of 16 bits, row after row: 16 · 64 bytes.
    SEE_LEVELS_16,
    SEE_LEVEL_WIDTHS
} see_level_width;

/// A run of blocks of one width.
typedef struct {
    uint16_t width;
    uint16_t blocks;
    /// Whether all columns of a block have one class, in each of the blocks; of codes only.
    uint16_t has_one_class;
} see_level_run;

/// What the rows of a matrix share. A table has eight entries a class; of a turned one, 64 entries belong to each class c: entry
/// 8·i + j is the i-th of the class c + j.
typedef struct {
    /// Levels of the codes 0 … 7 for each class from `lowest_class` on.
    const int8_t *_Nonnull small;
    const int8_t *_Nonnull turned_small;
    /// The magnitudes of the levels of q = 0 … 7 for each class.
    const uint8_t *_Nonnull magnitudes;
    const uint8_t *_Nonnull turned_magnitudes;
    /// Tables of a single class, which bytes of codes index as they are, without their two highest bits; what other rows have in
    /// a byte does not count. For each class three tables of codes of 2 bits (bits 0 and 1, 2 and 3, 4 and 5), two of codes of
    /// 3 bits (0 … 2, 3 … 5), and two of magnitudes in codes of 4 bits.
    const int8_t *_Nonnull spread_2;
    const int8_t *_Nonnull spread_3;
    const uint8_t *_Nonnull spread_4;
    /// For each column, 8 · its class less the lowest of its block (at most 7 in blocks of codes).
    const uint8_t *_Nonnull classes;
    /// For each block, the lowest class of its columns less `lowest_class`, for a row of the offset 0.
    const int32_t *_Nonnull block_classes;
} see_level_tables;

/// A vector, made ready for products.
typedef struct {
    /// The elements, padded with zeros to whole blocks.
    const float *_Nonnull values;
    /// The elements as integers 255 · h + l, which count `scale`: both digits, −127 … 127, with 128 added.
    const uint8_t *_Nonnull high;
    const uint8_t *_Nonnull low;
    float scale;
} see_level_vector;

/// Adds level · element of every exception to the product of its row. Exceptions are levels that no code stands for, or parts of
/// them, of at most 256 rows: those of block b are `starts[b]` … `starts[b + 1]` − 1. In the highest 6 bits stands the column
/// in the block, in the next 8 the row, in the lowest 18 the level, −131,072 … 131,071.
/// Where neighbours are of different rows, none waits for the sum of the one before.
void see_add_level_exceptions(
    const uint32_t *_Nonnull exceptions, const int32_t *_Nonnull starts, size_t blocks,
    const float *_Nonnull values, float *_Nonnull products);

/// Writes the digits of `count` elements to `high` and `low`, those beyond `largest` cut to it. Returns their scale.
float see_level_digits(
    const float *_Nonnull values, size_t count, float largest, uint8_t *_Nonnull high, uint8_t *_Nonnull low);

/// Puts a level, q or the negative of q, of `row`, 0 … 7, and `column`, 0 … 63, into a block of codes, which held zeros there.
void see_pack_level(see_level_width width, int q, int row, int column, uint8_t *_Nonnull block);

/// For `rows` rows, the sum over `runs` of level · element: their packed blocks, `row_bytes` a row, begin at `codes`, and their
/// columns' classes are `offset` above those of the tables. The blocks of eight rows each lie together, those of the last as well:
/// what would be the rows behind it is zeros.
/// `level_sums` are the sums of the levels that are packed in codes of 2 and 3 bits.
/// What is packed in codes is summed in integers, the same on every path; levels of 16 bits are summed in floating point.
/// Rows have at most 4,096 blocks.
void see_level_products(
    const see_level_tables *_Nonnull tables, const see_level_run *_Nonnull runs, size_t run_count, int32_t offset,
    const uint8_t *_Nonnull codes, size_t row_bytes, const int32_t *_Nonnull level_sums, size_t rows,
    const see_level_vector *_Nonnull vector, float *_Nonnull products);
