#pragma once
#include <stddef.h>

/// Asks for large pages under the `count` bytes at `start`, a large fresh buffer: filling it, and reading it all over again, take
/// less time. Where the system has no such request, or refuses it, nothing changes.
void see_prefer_large_pages(void *_Nonnull start, size_t count);
