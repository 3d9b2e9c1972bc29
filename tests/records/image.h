// The three kinds of ops on images, a file each.
#pragma once

#include "records/expectations.h"

namespace knoll::records {

void expect_convolutions(Expectations& book);
void expect_pooling(Expectations& book);
void expect_normalizations(Expectations& book);

}  // namespace knoll::records
