#pragma once
#include "kernels_norm.h"

#include <stddef.h>
#include <stdint.h>

// What training adds to the loops of the forward pass: what backward passes need to be kept, derivatives, dropout, losses
// and the optimiser's step. Sums are taken in an order that depends on the path, so their last bits do too.

/// Dropout of a run of numbers: number i stays, times `scale`, where the hash of `first` + i under `key` is at least
/// `threshold`, and becomes 0 where not. A hash is the same on every path, and needs no other one.
typedef struct {
    uint64_t key;
    uint32_t first;
    /// The rate, times 2^32; 0 keeps everything.
    uint32_t threshold;
    float scale;
} see_dropout_draw;

/// x = dropout(x + bias); bias may be NULL.
void see_add_bias(float *_Nonnull x, const float *_Nullable bias, see_dropout_draw dropout, size_t count);

/// A layer norm (`is_centred`) or root-mean-square norm that keeps what its backward pass needs:
/// normalised = (z - mean) * factor with z = x + residual and factor = 1 / sqrt(variance + epsilon), and
/// y = normalised * weight + bias; returns factor. Without centring the mean is taken as 0. `residual` and `bias` may be
/// NULL, `normalised` may be x.
float see_norm_forward(
    const float *_Nonnull x, const float *_Nullable residual, const float *_Nonnull weight, const float *_Nullable bias,
    int is_centred, float epsilon, float *_Nonnull normalised, float *_Nonnull y, size_t count);

/// The gradient by z of the same, from that by y: dz may be dy. Those by weight and bias are added to where not NULL.
void see_norm_backward(
    const float *_Nonnull dy, const float *_Nonnull normalised, const float *_Nonnull weight, float factor,
    int is_centred, float *_Nonnull dz, float *_Nullable weight_gradient, float *_Nullable bias_gradient, size_t count);

/// gradient[i] *= f'(x[i])
void see_activate_backward(see_activation kind, const float *_Nonnull x, float *_Nonnull gradient, size_t count);

/// The gradients of silu(gate[i]) * up[i], from that of the product; they may replace gate and up.
void see_silu_product_backward(
    const float *_Nonnull gate, const float *_Nonnull up, const float *_Nonnull gradient,
    float *_Nonnull gate_gradient, float *_Nonnull up_gradient, size_t count);

/// Replaces the gradient by p, a softmax of scale * x, by that by x: scale * p * (gradient - sum of p * gradient).
void see_softmax_backward(const float *_Nonnull p, float *_Nonnull gradient, float scale, size_t count);

/// gradient[i] += factor * (x[i] - target[i]); returns the sum of (x[i] - target[i])^2.
float see_add_difference(
    const float *_Nonnull x, const float *_Nonnull target, float factor, float *_Nonnull gradient, size_t count);

/// What the losses of a position weigh.
typedef struct {
    /// Of the cross-entropy with the label.
    float hard;
    /// The share of the label's probability that is spread evenly over all tokens, the label's own included.
    float smoothing;
    /// Of temperature^2 * KL(teacher || student), both softened by the temperature.
    float soft;
    float temperature;
} see_score_weights;

/// The losses of a position, not weighed.
typedef struct {
    float hard;
    float soft;
} see_score_losses;

/// The losses of one position's scores, which are replaced by the gradient of the weighed sum. A negative label leaves the
/// hard loss out, a NULL teacher the soft one.
see_score_losses see_score_gradient(
    float *_Nonnull scores, const float *_Nullable teacher, ptrdiff_t label, see_score_weights weights, size_t count);

/// What a step of AdamW (Loshchilov, Hutter 2019) does to every number.
typedef struct {
    float first_decay, second_decay;
    /// The gradient is multiplied by this first: for clipping.
    float gradient_scale;
    /// rate / (1 - first_decay^t)
    float rate;
    /// 1 / (1 - second_decay^t)
    float second_correction;
    float epsilon;
    /// What stays of a value before the step: 1 - learning rate * weight decay.
    float kept;
} see_adam_step;

/// Moments and values after a step.
void see_adam(
    float *_Nonnull values, const float *_Nonnull gradient, float *_Nonnull first, float *_Nonnull second,
    see_adam_step step, size_t count);
