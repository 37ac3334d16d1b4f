#include "blocks/common.h"
#include "simd.h"

#if SEE_HAS_X86_PATHS
#pragma clang attribute push(SEE_AVX512, apply_to = function)
#define SEE_BLOCK_KERNELS see_block_kernels_avx512
#include "blocks/all.h"
#pragma clang attribute pop
#endif
