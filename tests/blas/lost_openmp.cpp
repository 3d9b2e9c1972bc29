// Stands in for an OpenBLAS that was built for OpenMP, in a program that has no runtime of OpenMP.
#include <cblas.h>

#include <cstdlib>

extern "C" {
int openblas_get_parallel() { return 2; }
void cblas_sgemm(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, float, const float*, blasint, const float*, blasint, float, float*,
                 blasint) {
    std::abort();  // not before its threads are under control
}
void cblas_dgemm(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, double, const double*, blasint, const double*, blasint, double,
                 double*, blasint) {
    std::abort();
}
}
