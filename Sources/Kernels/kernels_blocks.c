#include "kernels_blocks.h"
#include "blocks/table.h"
#include "simd.h"

see_block_kernel see_block_kernel_of(see_block_type type) {
    return SEE_KERNEL(see_kernels_active_path(), see_block_kernels)[type];
}
