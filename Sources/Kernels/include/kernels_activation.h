#pragma once
#include <stddef.h>

// Elementwise functions of transformer layers. Exponentials are within two units in the last place of the exact value.

/// Replaces x by the softmax of scale * x. A NaN gives NaN throughout.
void see_softmax(float *_Nonnull x, size_t count, float scale);

/// y[i] = silu(gate[i]) * up[i], where silu(z) = z / (1 + exp(-z)). y may be gate or up.
void see_silu_product(const float *_Nonnull gate, const float *_Nonnull up, float *_Nonnull y, size_t count);
