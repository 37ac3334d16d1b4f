#pragma once
#include <stddef.h>

// The loops of sums of tensor products and of the search for the units of the best one.

/// sum[i * last + j] += (scale * first[i]) * vector[j] for i < heads, j < last: a product of slot vectors, added in place.
/// Nothing is fused, so that every path gives the same bits.
void see_sadd_outer(
    float *sum, float scale, const float *first, size_t heads, const float *vector, size_t last);

/// result[x] += Σ cofactor[head * tails + tail] * block[(head * size + x) * tails + tail] over heads and tails, for
/// x < size: a folded vector contracted over every slot but one. The order of the sum depends on the path.
void see_scontract(
    float *result, const float *block, size_t heads, size_t size, size_t tails, const float *cofactor);

/// The first i with the greatest products[i]² * inverses[i]; 0 where no score is a number. Every path gives the same.
size_t see_sbest_ratio(const float *products, const float *inverses, size_t count);

/// The first i with the greatest 2 * products[i] - weight * norms[i]; 0 where no score is a number. Every path gives the
/// same.
size_t see_sbest_difference(const float *products, const float *norms, float weight, size_t count);
