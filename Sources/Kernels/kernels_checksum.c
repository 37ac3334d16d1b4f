#include "kernels_checksum.h"
#include "kernels_path.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009): 64 bytes at a time
// are folded onto the next 64 by multiplication with powers of x modulo the polynomial, bits reversed; what is left is
// reduced by Barrett's method.

#define TARGET __attribute__((target("pclmul,sse4.1")))

/// Multiplies both halves of `sum` by the constants and adds `next`.
TARGET static inline __m128i fold(__m128i sum, __m128i constants, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(sum, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(sum, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

TARGET static inline __m128i load(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

/// `count` is a multiple of 16 and at least 64.
TARGET static uint32_t folded(uint32_t crc, const uint8_t *bytes, size_t count) {
    const __m128i by_512_bits = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
    const __m128i by_128_bits = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i by_64_bits = _mm_set_epi64x(0, 0x0163cd6124);
    const __m128i polynomial_and_quotient = _mm_set_epi64x(0x01f7011641, 0x01db710641);
    const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);

    __m128i sums[4];
    for (int lane = 0; lane < 4; lane++) sums[lane] = load(bytes + 16 * lane);
    sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128((int)~crc));
    bytes += 64, count -= 64;
    for (; count >= 64; bytes += 64, count -= 64)
        for (int lane = 0; lane < 4; lane++) sums[lane] = fold(sums[lane], by_512_bits, load(bytes + 16 * lane));

    __m128i sum = sums[0];
    for (int lane = 1; lane < 4; lane++) sum = fold(sum, by_128_bits, sums[lane]);
    for (; count >= 16; bytes += 16, count -= 16) sum = fold(sum, by_128_bits, load(bytes));

    // 128 bits to 96, to 64, to 32.
    sum = _mm_xor_si128(_mm_srli_si128(sum, 8), _mm_clmulepi64_si128(sum, by_128_bits, 0x10));
    sum = _mm_xor_si128(
        _mm_srli_si128(sum, 4), _mm_clmulepi64_si128(_mm_and_si128(sum, low_words), by_64_bits, 0x00));
    __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(sum, low_words), polynomial_and_quotient, 0x10);
    quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), polynomial_and_quotient, 0x00);
    return ~(uint32_t)_mm_extract_epi32(_mm_xor_si128(sum, quotient), 1);
}

size_t see_crc32_folded(uint32_t *crc, const uint8_t *bytes, size_t count) {
    count -= count % 16;
    if (count < 64 || see_kernels_active_path() == SEE_KERNELS_PORTABLE || !__builtin_cpu_supports("pclmul")) return 0;
    *crc = folded(*crc, bytes, count);
    return count;
}
#else
size_t see_crc32_folded(uint32_t *crc, const uint8_t *bytes, size_t count) {
    (void)crc, (void)bytes, (void)count;
    return 0;
}
#endif
