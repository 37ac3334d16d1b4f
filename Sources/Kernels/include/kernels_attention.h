#pragma once
#include <stddef.h>

/// Attention of one query to keys at `count` addresses: for each head h,
/// out[h] = sum over j of softmax_j(scale * query[h] . keys[j][h]) * values[j][h].
/// A query, a key and a value are `heads` runs of `head_width` numbers; the value that belongs to keys[j] begins
/// `value_offset` numbers after it. `scores` has room for `heads * count` numbers. Sums depend on the path in their last
/// bits.
void see_gathered_attention(
    const float *_Nonnull query, const float *_Nonnull const *_Nonnull keys, size_t count, size_t value_offset,
    size_t heads, size_t head_width, float scale, float *_Nonnull scores, float *_Nonnull out);
