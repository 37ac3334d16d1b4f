#pragma once
#include <stddef.h>

// Vector operations. Sums are taken in an order that depends on the path, so their last bits do too.

/// The sum of a[i] * b[i].
float see_sdot(const float *a, const float *b, size_t count);
double see_ddot(const double *a, const double *b, size_t count);

/// y[i] += alpha * x[i]
void see_saxpy(float alpha, const float *x, float *y, size_t count);
void see_daxpy(double alpha, const double *x, double *y, size_t count);

/// The number of columns in a stripe that `see_drotate_sweep` works on.
enum { SEE_SWEEP_COLUMNS = 16 };

/// Plane rotations of neighbouring rows, from the last row upwards: for i = count, …, 1, with (c, s) taken in order from
/// `rotations`, rows i - 1 and i become (c * row[i - 1] - s * row[i], s * row[i - 1] + c * row[i]).
/// The `count` + 1 rows hold SEE_SWEEP_COLUMNS elements each, without gaps.
void see_drotate_sweep(double *rows, const double *rotations, size_t count);
