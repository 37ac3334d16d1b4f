#define _DEFAULT_SOURCE
#include "kernels_memory.h"

#include <stdint.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

void see_prefer_large_pages(void *start, size_t count) {
#if defined(__linux__)
    const uintptr_t page = 1 << 12;
    // Where little memory is asked for, a large page is mostly waste.
    if (count < (size_t)4 << 20) return;
    uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1);
    (void)madvise((void *)first, count - (first - (uintptr_t)start), MADV_HUGEPAGE);
#else
    (void)start;
    (void)count;
#endif
}
