#include <knoll/apps/procedures/procedure.h>

namespace knoll::apps {

void Procedure::begin_epoch(nn::Sequential&, int) {}

std::vector<Gallery> Procedure::galleries(nn::Sequential&) { return {}; }

}  // namespace knoll::apps
