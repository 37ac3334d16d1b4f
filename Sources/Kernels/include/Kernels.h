#pragma once
// The few inner loops that need CPU features, chosen at run time. Each has a plain Swift twin as its oracle.
#include "kernels_activation.h"
#include "kernels_attention.h"
#include "kernels_blocks.h"
#include "kernels_checksum.h"
#include "kernels_convert.h"
#include "kernels_matrix.h"
#include "kernels_norm.h"
#include "kernels_pack.h"
#include "kernels_path.h"
#include "kernels_quantised.h"
#include "kernels_vector.h"
