#pragma once
#include <stddef.h>
#include <stdint.h>

/// Continues `crc`, a CRC-32 as ZIP and zlib define it (0 before the first byte), over as many of the `count` bytes as
/// carry-less multiplication can take: whole blocks of 16, at least 64 bytes. Returns their number, 0 where the CPU has no
/// such instruction; the caller does the rest. The oracle is zlib's `crc32`.
size_t see_crc32_folded(uint32_t *crc, const uint8_t *bytes, size_t count);
