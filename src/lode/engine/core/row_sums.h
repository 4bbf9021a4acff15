// Sums along a row, in an order that is fixed: eight running sums side by side, joined in pairs.
#pragma once

#include "panel.h"

namespace lode {

// The sum of f(i) over [0, n); f gives a double.
template <class Function>
LODE_INLINE double row_sum(Index n, Function f) {
    double lane[8] = {};
    Index i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; ++k) lane[k] += f(i + k);
    for (int k = 0; i < n; ++i, ++k) lane[k] += f(i);
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

LODE_INLINE bool known(float x) { return magnitude(x) <= kLargest; }

}  // namespace lode
