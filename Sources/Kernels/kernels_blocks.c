#include "kernels_blocks.h"
#include "blocks/table.h"
#include "kernels_path.h"

see_block_kernel see_block_kernel_of(see_block_type type) {
#if defined(__x86_64__)
    see_kernels_path path = see_kernels_active_path();
    if (path == SEE_KERNELS_AVX512) return see_block_kernels_avx512[type];
    if (path == SEE_KERNELS_AVX2) return see_block_kernels_avx2[type];
#endif
    return see_block_kernels_portable[type];
}
