#pragma once
#include <stddef.h>

// Layer norms and the activations of feed-forward parts. Sums are taken in an order that depends on the path, so their
// last bits do too.

/// y = (z - mean(z)) / sqrt(variance(z) + epsilon) * weight + bias, where z = x + residual; residual may be NULL. y may be
/// x or residual.
void see_layer_norm(
    const float *_Nonnull x, const float *_Nullable residual, const float *_Nonnull weight, const float *_Nonnull bias,
    float epsilon, float *_Nonnull y, size_t count);

/// The activations that have kernels.
typedef enum {
    /// x / 2 * (1 + erf(x / sqrt 2)), erf within two units in the last place.
    SEE_GELU,
    /// x * sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 * x^3)): GELU by way of tanh.
    SEE_GELU_TANH,
    /// max(x, 0); a NaN stays.
    SEE_RELU,
    /// x * sigmoid(x)
    SEE_SILU,
} see_activation;

/// Replaces x by its activation.
void see_activate(see_activation kind, float *_Nonnull x, size_t count);

/// log(sum of exp(x)). A NaN gives NaN.
float see_log_sum_exp(const float *_Nonnull x, size_t count);
