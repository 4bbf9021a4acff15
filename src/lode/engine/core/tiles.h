// Cuts the names into tiles whose width is known to the compiler, so that the loop over a tile vectorises.
#pragma once

#include "panel.h"

namespace lode {

template <int W>
struct Width {
    static constexpr int value = W;
};

template <int W, class Body>
void tiles_of(Index names, Body&& body) {
    Index first = 0;
    for (; first + W <= names; first += W) body(Width<W>{}, first);
    // The last tile overlaps its neighbour instead of being narrower: the same cells get the same values twice.
    if (first < names) body(Width<W>{}, names - W);
}

// Calls body(Width<W>, first_name) until every name is covered. Kernels must not work in place: see above.
template <int WIDEST, class Body>
void for_each_tile(Index names, Body&& body) {
    if (names >= WIDEST) return tiles_of<WIDEST>(names, body);
    if constexpr (WIDEST > 16) {
        if (names >= 16) return tiles_of<16>(names, body);
    }
    if (names >= 4) return tiles_of<4>(names, body);
    tiles_of<1>(names, body);
}

}  // namespace lode
