// Compiled once for each path, with that path's CPU features and its own name for the table.
#pragma clang fp contract(off)

#include "numbers.h"
#include "q4_0.h"
#include "q4_1.h"
#include "q5_0.h"
#include "q5_1.h"
#include "q8_0.h"
#include "scale_search.h"
#include "six_bit_scales.h"
#include "q2_k.h"
#include "q3_k.h"
#include "q4_k.h"
#include "q5_k.h"
#include "q6_k.h"

const see_block_kernel SEE_BLOCK_KERNELS[SEE_BLOCK_TYPES] = {
    [SEE_Q4_0] = {decode_q4_0, encode_q4_0}, [SEE_Q4_1] = {decode_q4_1, encode_q4_1},
    [SEE_Q5_0] = {decode_q5_0, encode_q5_0}, [SEE_Q5_1] = {decode_q5_1, encode_q5_1},
    [SEE_Q8_0] = {decode_q8_0, encode_q8_0}, [SEE_Q2_K] = {decode_q2_k, encode_q2_k},
    [SEE_Q3_K] = {decode_q3_k, encode_q3_k}, [SEE_Q4_K] = {decode_q4_k, encode_q4_k},
    [SEE_Q5_K] = {decode_q5_k, encode_q5_k}, [SEE_Q6_K] = {decode_q6_k, encode_q6_k},
};
