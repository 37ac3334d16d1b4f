#pragma once
// What the files of the block types need from outside; each path's source includes it before it names its CPU features.
#include "table.h"

#include <math.h>
#include <string.h>
