#include "kernels_path.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static see_kernels_path best_path(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq"))
        return SEE_KERNELS_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        return SEE_KERNELS_AVX2;
#endif
    return SEE_KERNELS_PORTABLE;
}

// -1: not chosen yet. Every thread that races here computes the same value, so the last store wins harmlessly.
static atomic_int active = -1;

see_kernels_path see_kernels_select_path(see_kernels_path path) {
    see_kernels_path best = best_path();
    if (path > best) path = best;
    atomic_store_explicit(&active, (int)path, memory_order_relaxed);
    return path;
}

see_kernels_path see_kernels_active_path(void) {
    int path = atomic_load_explicit(&active, memory_order_relaxed);
    if (path >= 0) return (see_kernels_path)path;
    const char *name = getenv("SEECONV_KERNELS");
    see_kernels_path wanted = SEE_KERNELS_AVX512;
    if (name != NULL && strcmp(name, "portable") == 0) wanted = SEE_KERNELS_PORTABLE;
    if (name != NULL && strcmp(name, "avx2") == 0) wanted = SEE_KERNELS_AVX2;
    return see_kernels_select_path(wanted);
}
