// All of knoll.
#pragma once

#include <knoll/core/core.h>
#include <knoll/data/data.h>
#include <knoll/losses/losses.h>
#include <knoll/nn/nn.h>
