#pragma once
#include "../include/kernels_blocks.h"

extern const see_block_kernel see_block_kernels_portable[SEE_BLOCK_TYPES];
extern const see_block_kernel see_block_kernels_avx2[SEE_BLOCK_TYPES];
extern const see_block_kernel see_block_kernels_avx512[SEE_BLOCK_TYPES];
