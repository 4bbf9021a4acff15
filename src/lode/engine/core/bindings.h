// Arrays as the kernels want them, checked at the door.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

#include "kernels.h"

namespace lode {

namespace nb = nanobind;

template <class T, int DIMENSIONS>
using Array = nb::ndarray<T, nb::ndim<DIMENSIONS>, nb::c_contig, nb::device::cpu>;

using Input = Array<const float, 2>;
using Output = Array<float, 2>;
using Labels = Array<const std::int32_t, 2>;
using Rows = Array<const std::int64_t, 1>;

template <class T>
Shape shape_of(const T& array) {
    return {static_cast<Index>(array.shape(0)), static_cast<Index>(array.shape(1))};
}

inline void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

template <class A, class B>
void same_shape(const A& a, const B& b) {
    require(a.shape(0) == b.shape(0) && a.shape(1) == b.shape(1), "arrays differ in shape (sessions, names)");
}

inline void no_longer(const Input& x, const Output& out) {
    require(out.shape(0) <= x.shape(0) && out.shape(1) == x.shape(1),
            "arrays differ in shape (sessions, names), or there are more results than sessions");
}

// Of an input whose first sessions `out` may have no rows for.
inline Shape shape_of(const Input& x, const Output& out) {
    const Shape all = shape_of(x);
    return {all.sessions, all.names, all.sessions - static_cast<Index>(out.shape(0))};
}

template <class A>
void apart(const A& x, const Output& out) {
    require(x.data() != out.data() || x.size() == 0, "a kernel cannot write over its input");
}

void bind_elementwise(nb::module_& m);
void bind_rolling(nb::module_& m);
void bind_cross_section(nb::module_& m);
void bind_scoring(nb::module_& m);

}  // namespace lode
