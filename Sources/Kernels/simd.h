#pragma once
// What the kernels share: the CPU features of each path, and vectors that may lie at any address.
#include "kernels_path.h"

#include <stddef.h>

#if defined(__x86_64__)
#define SEE_HAS_X86_PATHS 1
#define SEE_AVX2 __attribute__((target("avx2,fma,f16c")))
#define SEE_AVX512 __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq")))
#endif
#define SEE_PORTABLE

// Tile loops must be unrolled completely, or the sums live in memory instead of registers: ten times slower.
#define SEE_UNROLL _Pragma("clang loop unroll(full)")

/// Declares VECTOR of LANES elements for the enclosing function, and LOOSE for its loads and stores at any address.
#define SEE_VECTOR(ELEMENT, LANES) \
    typedef ELEMENT VECTOR __attribute__((vector_size(LANES * sizeof(ELEMENT)), unused)); \
    typedef ELEMENT LOOSE __attribute__((vector_size(LANES * sizeof(ELEMENT)), aligned(1), may_alias, unused))

/// Adds up the lanes of SUMS in halves, into lane 0; one after the other they would take longer than a short dot.
#define SEE_ADD_LANES(SUMS, LANES) \
    SEE_UNROLL for (int half = LANES / 2; half > 0; half /= 2) \
        SEE_UNROLL for (int lane = 0; lane < half; lane++) SUMS[lane] += SUMS[lane + half]

/// The variant of KERNEL that belongs to PATH.
#if SEE_HAS_X86_PATHS
#define SEE_KERNEL(PATH, KERNEL) \
    ((PATH) == SEE_KERNELS_AVX512 ? KERNEL##_avx512 : (PATH) == SEE_KERNELS_AVX2 ? KERNEL##_avx2 : KERNEL##_portable)
#else
#define SEE_KERNEL(PATH, KERNEL) KERNEL##_portable
#endif
