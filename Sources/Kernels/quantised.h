#pragma once
// What the paths of the quantised products share.
#include "kernels_quantised.h"
#include "simd.h"

#include <string.h>

#if SEE_HAS_X86_PATHS
#define SEE_VNNI __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif

typedef void (*see_row_product)(
    const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, see_quantised_vector x, float *y);
typedef void (*see_float_row_product)(
    const uint8_t *rows, size_t row_bytes, size_t count, size_t columns, const float *x, float *y);

/// One path's loops, by format.
typedef struct {
    see_float_row_product f16, bf16;
    see_row_product q8_0, q4_0, q4_k;
} see_product_table;

extern const see_product_table see_products_portable;
#if SEE_HAS_X86_PATHS
extern const see_product_table see_products_avx2, see_products_vnni;
#endif

/// The 6-bit scales and offsets of a Q4_K block as bytes: eight scales, then eight offsets.
static inline void q4_k_steps(const uint8_t *packed, uint8_t *steps) {
    uint32_t a, b, c;
    memcpy(&a, packed, 4);
    memcpy(&b, packed + 4, 4);
    memcpy(&c, packed + 8, 4);
    uint32_t parts[4] = {
        a & 0x3f3f3f3f, (c & 0x0f0f0f0f) | (a >> 6 & 0x03030303) << 4,
        b & 0x3f3f3f3f, (c >> 4 & 0x0f0f0f0f) | (b >> 6 & 0x03030303) << 4,
    };
    memcpy(steps, parts, 16);
}
