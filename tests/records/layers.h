// Layers, in two files: their values, and what they refuse.
#pragma once

#include "records/expectations.h"
#include "records/references.h"

namespace knoll::records {

void refuse_layers(Expectations& book);

}  // namespace knoll::records
