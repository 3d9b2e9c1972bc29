// All losses: those of one formula per element, those of a softmax per row, the registry, and weights for unequal classes.
#pragma once

#include <knoll/losses/asl.h>
#include <knoll/losses/bce.h>
#include <knoll/losses/bce_ls.h>
#include <knoll/losses/cce.h>
#include <knoll/losses/class_weights.h>
#include <knoll/losses/complement_entropy.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/focal.h>
#include <knoll/losses/focal_margin.h>
#include <knoll/losses/hill.h>
#include <knoll/losses/hinge.h>
#include <knoll/losses/huber.h>
#include <knoll/losses/kl_div.h>
#include <knoll/losses/learned_loss.h>
#include <knoll/losses/loss.h>
#include <knoll/losses/mae.h>
#include <knoll/losses/mse.h>
#include <knoll/losses/registry.h>
#include <knoll/losses/softmax_focal.h>
#include <knoll/losses/splc.h>
#include <knoll/losses/wan.h>
