#pragma once
#include <stddef.h>
#include <stdint.h>

// Products with a few rows of bytes (the reflectors of a panel, which are small integers) and floats. Rows lie `width` bytes apart.

/// products[r] = Σᵢ rows[r][i] · x[i]. Where the path multiplies bytes, x is taken as integers of 22 bits, relative to the largest
/// of 2,048 elements: nearer than Float's sums.
void see_byte_rows_dot(
    const int8_t *_Nonnull rows, size_t count, size_t width, const float *_Nonnull x, float *_Nonnull products);

/// y[i] += Σᵣ weights[r] · rows[r][i]. Where the path multiplies bytes, the weights are taken as integers
/// of 22 bits, relative to the largest.
void see_byte_rows_add(
    const float *_Nonnull weights, const int8_t *_Nonnull rows, size_t count, size_t width, float *_Nonnull y);
