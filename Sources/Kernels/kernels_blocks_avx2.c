#if defined(__x86_64__)
#include "blocks/common.h"
#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#define SEE_BLOCK_KERNELS see_block_kernels_avx2
#include "blocks/all.h"
#pragma clang attribute pop
#endif
