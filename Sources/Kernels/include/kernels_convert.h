#pragma once
#include <stddef.h>

// Conversions between F32 and the two 16-bit float types, both of which are stored little-endian as the host is.
// Neither side needs any alignment. Every path gives the same bits:
//   - narrowing rounds to nearest, ties to even; what is too large becomes infinity; subnormals are exact;
//   - a NaN keeps its sign and leading payload bits and becomes quiet. Only BF16 to F32, which is a plain shift, passes
//     a signalling NaN on as it is.

void see_f16_to_f32(const void *source, float *destination, size_t count);
void see_f32_to_f16(const float *source, void *destination, size_t count);
void see_bf16_to_f32(const void *source, float *destination, size_t count);
void see_f32_to_bf16(const float *source, void *destination, size_t count);
