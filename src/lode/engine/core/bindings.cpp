#include "bindings.h"

NB_MODULE(LODE_CORE, m) {
    m.doc() = "Kernels over panels (sessions, names); see kernels.h.";
    m.def("best_instruction_set", &lode::best_instruction_set);
    lode::bind_elementwise(m);
    lode::bind_rolling(m);
    lode::bind_cross_section(m);
    lode::bind_scoring(m);
}
