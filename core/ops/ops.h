// Every op.
#pragma once

#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/convolution.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/normalization.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/pooling.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
