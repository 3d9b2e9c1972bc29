// Modules, initialisers, models, optimisers, schedules, weight averages and checkpoints.
#pragma once

#include <knoll/nn/init.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/memory_bank.h>
#include <knoll/nn/models/models.h>
#include <knoll/nn/module.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/optim/clip.h>
#include <knoll/nn/optim/conjugate_gradients.h>
#include <knoll/nn/optim/evolution_strategy.h>
#include <knoll/nn/optim/hessian_product.h>
#include <knoll/nn/optim/newton.h>
#include <knoll/nn/optim/rmsprop.h>
#include <knoll/nn/optim/sgd.h>
#include <knoll/nn/parameter_vector.h>
#include <knoll/nn/residual.h>
#include <knoll/nn/schedule/plateau.h>
#include <knoll/nn/schedule/schedule.h>
#include <knoll/nn/sequential.h>
#include <knoll/nn/state_dict.h>
#include <knoll/nn/training/checkpoint.h>
#include <knoll/nn/training/early_stopping.h>
#include <knoll/nn/training/ema.h>
#include <knoll/nn/weights.h>
