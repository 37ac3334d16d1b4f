#pragma once

/// The instruction sets that a kernel may be compiled for, slowest first.
typedef enum {
    SEE_KERNELS_PORTABLE = 0,
    SEE_KERNELS_AVX2 = 1,
    SEE_KERNELS_AVX512 = 2,
} see_kernels_path;

/// The path in use: the best that this CPU has, or a lesser one that `SEECONV_KERNELS=portable|avx2|avx512` names.
see_kernels_path see_kernels_active_path(void);

/// Switches every kernel to `path`, or to the best available one below it; returns what is in use now. For tests.
see_kernels_path see_kernels_select_path(see_kernels_path path);
