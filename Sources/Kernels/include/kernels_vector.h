#pragma once
#include <stddef.h>

// Vector operations. Sums are taken in an order that depends on the path, so their last bits do too.

/// The sum of a[i] * b[i].
float see_sdot(const float *a, const float *b, size_t count);
double see_ddot(const double *a, const double *b, size_t count);

/// y[i] += alpha * x[i]
void see_saxpy(float alpha, const float *x, float *y, size_t count);
void see_daxpy(double alpha, const double *x, double *y, size_t count);

/// Plane rotation: (x[i], y[i]) becomes (cosine * x[i] + sine * y[i], cosine * y[i] - sine * x[i]).
void see_drot(double *x, double *y, double cosine, double sine, size_t count);
