#include <knoll/losses/bce_ls.h>

namespace knoll::losses {

Description<BceLsFormula> BceLsFormula::about() {
    return {.name = "bce_ls",
            .targets = target_kind,
            .meaning = "binary cross-entropy with smoothed labels",
            .paper = "Cole et al. 2021, Multi-label learning from single positive labels, arXiv 2106.09708",
            .parameters = {parameter<&BceLsFormula::epsilon>("epsilon", zero_to_one, "targets are 1 - epsilon and epsilon")}};
}

template class ElementwiseLoss<BceLsFormula>;

}  // namespace knoll::losses
