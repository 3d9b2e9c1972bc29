// The tensor, its ops and their gradients, random numbers, threads, gradient checks and tensor files.
#pragma once

#include <knoll/core/anomaly.h>
#include <knoll/core/autograd.h>
#include <knoll/core/closeness.h>
#include <knoll/core/dual.h>
#include <knoll/core/error.h>
#include <knoll/core/files/dot.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/files/npz.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/core/formula.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/memory.h>
#include <knoll/core/nearest.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/parallel.h>
#include <knoll/core/reduction.h>
#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>
