#include "blocks/common.h"
#define SEE_BLOCK_KERNELS see_block_kernels_portable
#include "blocks/all.h"
