// Every layer.
#pragma once

#include <knoll/nn/layers/activation.h>
#include <knoll/nn/layers/convolution.h>
#include <knoll/nn/layers/dropout.h>
#include <knoll/nn/layers/embedding.h>
#include <knoll/nn/layers/flatten.h>
#include <knoll/nn/layers/linear.h>
#include <knoll/nn/layers/normalization.h>
#include <knoll/nn/layers/pooling.h>
#include <knoll/nn/layers/unit_length.h>
