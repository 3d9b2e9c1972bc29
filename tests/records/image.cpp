#include "records/image.h"

namespace knoll::records {

void expect_images(Expectations& book) {
    expect_convolutions(book);
    expect_pooling(book);
    expect_normalizations(book);
}

}  // namespace knoll::records
