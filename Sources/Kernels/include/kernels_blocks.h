#pragma once
#include <stddef.h>
#include <stdint.h>

// Loops over GGUF's block types. Every path gives the same bits: no multiply-add is fused and no sum reordered.

/// The block types that have kernels.
typedef enum {
    SEE_Q4_0,
    SEE_Q4_1,
    SEE_Q5_0,
    SEE_Q5_1,
    SEE_Q8_0,
    SEE_Q2_K,
    SEE_Q3_K,
    SEE_Q4_K,
    SEE_Q5_K,
    SEE_Q6_K,
    SEE_BLOCK_TYPES,
} see_block_type;

/// One type's loops over `count` blocks; the bytes need no alignment.
typedef struct {
    void (*_Nonnull decode)(const uint8_t *_Nonnull blocks, float *_Nonnull values, size_t count);
    void (*_Nonnull encode)(const float *_Nonnull values, uint8_t *_Nonnull blocks, size_t count);
} see_block_kernel;

/// The loops of `type` on the active path.
see_block_kernel see_block_kernel_of(see_block_type type);
