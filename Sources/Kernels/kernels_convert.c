#include "kernels_convert.h"
#include "simd.h"

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

INLINE float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The scalar conversions choose between computed values instead of branching, so that the compiler can vectorise them.

INLINE float widened_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    const uint32_t rebias = 112u << 23, smallest_normal = 113u << 23;
    uint32_t normal = (magnitude << 13) + rebias;
    // 2^-14 * (1 + m / 1024) - 2^-14 = m * 2^-24, exactly and without a subnormal operand.
    uint32_t subnormal = bits_of(float_of(smallest_normal + (magnitude << 13)) - float_of(smallest_normal));
    uint32_t special = normal + rebias + (magnitude > 0x7c00 && magnitude < 0x7e00 ? 1u << 22 : 0);
    return float_of(sign | (magnitude < 0x400 ? subnormal : magnitude < 0x7c00 ? normal : special));
}

INLINE uint16_t narrowed_f16(float value) {
    uint32_t bits = bits_of(value), magnitude = bits & 0x7fffffff;
    uint32_t sign = (bits >> 16) & 0x8000;
    // Half an ulp less one, plus the last bit that stays: ties go to even. A carry may reach infinity, rightly.
    uint32_t normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    // Added to 0.5, whose ulp is 2^-24, the value is rounded by the adder itself.
    uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
    uint32_t special = magnitude > 0x7f800000 ? 0x7e00 | (magnitude >> 13 & 0x3ff) : 0x7c00;
    uint32_t half = magnitude < 113u << 23 ? subnormal : magnitude < 143u << 23 ? normal : special;
    return (uint16_t)(sign | half);
}

INLINE uint16_t narrowed_bf16(float value) {
    uint32_t bits = bits_of(value);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    uint32_t quiet = bits >> 16 | 0x40;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

/// The loops from element `first` on, over values that may lie at any address.
#define DEFINE_WIDENING(NAME, TARGET, EXPRESSION) \
    TARGET static void NAME(const char *source, char *destination, size_t first, size_t count) { \
        for (size_t i = first; i < count; i++) { \
            uint16_t half; \
            memcpy(&half, source + 2 * i, sizeof half); \
            float value = EXPRESSION; \
            memcpy(destination + 4 * i, &value, sizeof value); \
        } \
    }
#define DEFINE_NARROWING(NAME, TARGET, EXPRESSION) \
    TARGET static void NAME(const char *source, char *destination, size_t first, size_t count) { \
        for (size_t i = first; i < count; i++) { \
            float value; \
            memcpy(&value, source + 4 * i, sizeof value); \
            uint16_t half = EXPRESSION; \
            memcpy(destination + 2 * i, &half, sizeof half); \
        } \
    }

DEFINE_WIDENING(f16_to_f32_portable, SEE_PORTABLE, widened_f16(half))
DEFINE_NARROWING(f32_to_f16_portable, SEE_PORTABLE, narrowed_f16(value))
DEFINE_WIDENING(bf16_to_f32_portable, SEE_PORTABLE, float_of((uint32_t)half << 16))
DEFINE_NARROWING(f32_to_bf16_portable, SEE_PORTABLE, narrowed_bf16(value))

#if SEE_HAS_X86_PATHS
#include <immintrin.h>

DEFINE_WIDENING(bf16_to_f32_avx2, SEE_AVX2, float_of((uint32_t)half << 16))
DEFINE_WIDENING(bf16_to_f32_avx512, SEE_AVX512, float_of((uint32_t)half << 16))
DEFINE_NARROWING(f32_to_bf16_avx2, SEE_AVX2, narrowed_bf16(value))
DEFINE_NARROWING(f32_to_bf16_avx512, SEE_AVX512, narrowed_bf16(value))

// F16 has instructions of its own; the elements after the last whole vector take the scalar loop.

SEE_AVX2 static void f16_to_f32_avx2(const char *source, char *destination, size_t first, size_t count) {
    for (; first + 8 <= count; first += 8) {
        __m128i halves = _mm_loadu_si128((const __m128i *)(source + 2 * first));
        _mm256_storeu_ps((float *)(destination + 4 * first), _mm256_cvtph_ps(halves));
    }
    f16_to_f32_portable(source, destination, first, count);
}

SEE_AVX2 static void f32_to_f16_avx2(const char *source, char *destination, size_t first, size_t count) {
    for (; first + 8 <= count; first += 8) {
        __m256 values = _mm256_loadu_ps((const float *)(source + 4 * first));
        __m128i halves = _mm256_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT);
        _mm_storeu_si128((__m128i *)(destination + 2 * first), halves);
    }
    f32_to_f16_portable(source, destination, first, count);
}

SEE_AVX512 static void f16_to_f32_avx512(const char *source, char *destination, size_t first, size_t count) {
    for (; first + 16 <= count; first += 16) {
        __m256i halves = _mm256_loadu_si256((const __m256i *)(source + 2 * first));
        _mm512_storeu_ps((float *)(destination + 4 * first), _mm512_cvtph_ps(halves));
    }
    f16_to_f32_portable(source, destination, first, count);
}

SEE_AVX512 static void f32_to_f16_avx512(const char *source, char *destination, size_t first, size_t count) {
    for (; first + 16 <= count; first += 16) {
        __m512 values = _mm512_loadu_ps((const float *)(source + 4 * first));
        __m256i halves = _mm512_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT);
        _mm256_storeu_si256((__m256i *)(destination + 2 * first), halves);
    }
    f32_to_f16_portable(source, destination, first, count);
}
#endif

void see_f16_to_f32(const void *source, float *destination, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), f16_to_f32)(source, (char *)destination, 0, count);
}

void see_f32_to_f16(const float *source, void *destination, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), f32_to_f16)((const char *)source, destination, 0, count);
}

void see_bf16_to_f32(const void *source, float *destination, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), bf16_to_f32)(source, (char *)destination, 0, count);
}

void see_f32_to_bf16(const float *source, void *destination, size_t count) {
    SEE_KERNEL(see_kernels_active_path(), f32_to_bf16)((const char *)source, destination, 0, count);
}
