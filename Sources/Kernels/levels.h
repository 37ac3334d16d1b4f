#pragma once
// What the paths of the products with levels share.
#include "kernels_levels.h"
#include "simd.h"

/// The bytes of a block of eight rows in each width.
static const int see_level_block_bytes[SEE_LEVEL_WIDTHS] = {0, 128, 192, 256, 512, 1024};

/// The larger of a 16-bit element's two digits counts this many times the smaller.
enum { DIGIT_BASE = 255 };

#if SEE_HAS_X86_PATHS
/// The products of eight rows, or of the first `rows` of them, on processors that permute bytes and add up their products.
///
/// - Parameter fits_32: whether a row's sums of digits fit 32 bits.
void see_level_dot_vbmi(
    const see_level_tables *tables, const see_level_run *runs, size_t run_count, int fits_32, int32_t offset,
    const uint8_t *codes, const int32_t *level_sums, const see_level_vector *vector, float *products, size_t rows);
#endif
