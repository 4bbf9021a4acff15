#include "bindings.h"

namespace lode {
namespace {

using Row = void (*)(const float*, float*, Shape);
using GroupRow = void (*)(const float*, const std::int32_t*, float*, Shape, std::int32_t);

void bind_row(nb::module_& m, const char* name, Row kernel) {
    m.def(name, [kernel](const Input& x, const Output& out) {
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), out.data(), shape_of(out));
    }, nb::arg("x"), nb::arg("out"));
}

void bind_group(nb::module_& m, const char* name, GroupRow kernel) {
    m.def(name, [kernel](const Input& x, const Labels& label, const Output& out, std::int32_t groups) {
        require(groups >= 0, "a number of groups is 0 or more");
        same_shape(x, out);
        same_shape(label, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), label.data(), out.data(), shape_of(out), groups);
    }, nb::arg("x"), nb::arg("label"), nb::arg("out"), nb::arg("groups"));
}

template <Fit WANTED>
void bind_fit(nb::module_& m, const char* name) {
    m.def(name, [](const Input& y, const Input& x, const Output& out) {
        same_shape(y, out);
        same_shape(x, out);
        apart(y, out);
        apart(x, out);
        nb::gil_scoped_release release;
        cross_fit(WANTED, y.data(), x.data(), out.data(), shape_of(out));
    }, nb::arg("y"), nb::arg("x"), nb::arg("out"));
}

}  // namespace

void bind_cross_section(nb::module_& m) {
    bind_row(m, "zscore", zscore);
    bind_row(m, "normalize", normalize);
    bind_row(m, "scale", scale);
    m.def("winsorize", [](const Input& x, const Output& out, double deviations) {
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        winsorize(x.data(), out.data(), shape_of(out), deviations);
    }, nb::arg("x"), nb::arg("out"), nb::arg("deviations"));
    bind_fit<Fit::vector_neut>(m, "vector_neut");
    bind_fit<Fit::vector_proj>(m, "vector_proj");
    bind_fit<Fit::regression_neut>(m, "regression_neut");
    bind_fit<Fit::regression_proj>(m, "regression_proj");
    m.def("truncate", [](const Input& x, const Output& out, double share) {
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        truncate(x.data(), out.data(), shape_of(out), share);
    }, nb::arg("x"), nb::arg("out"), nb::arg("share"));
    m.def("one_side", [](const Input& x, const Output& out, double side) {
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        one_side(x.data(), out.data(), shape_of(out), side);
    }, nb::arg("x"), nb::arg("out"), nb::arg("side"));
    bind_group(m, "group_std_dev", group_std_dev);
    bind_group(m, "group_sum", group_sum);
    bind_group(m, "group_count", group_count);
    bind_group(m, "group_normalize", group_normalize);
    bind_group(m, "group_min", group_min);
    bind_group(m, "group_max", group_max);
    bind_group(m, "group_scale", group_scale);
    m.def("group_percentage", [](const Input& x, const Labels& label, const Output& out, std::int32_t groups,
                                 double fraction) {
        require(groups >= 0, "a number of groups is 0 or more");
        require(fraction >= 0.0 && fraction <= 1.0, "a percentile is a number from 0 to 1");
        same_shape(x, out);
        same_shape(label, out);
        apart(x, out);
        nb::gil_scoped_release release;
        group_percentage(x.data(), label.data(), out.data(), shape_of(out), groups, fraction);
    }, nb::arg("x"), nb::arg("label"), nb::arg("out"), nb::arg("groups"), nb::arg("fraction"));
    bind_group(m, "group_mean", group_mean);
    bind_group(m, "group_neutralize", group_neutralize);
    bind_group(m, "group_zscore", group_zscore);
    bind_row(m, "rank", rank);
    bind_group(m, "group_rank", group_rank);
}

}  // namespace lode
