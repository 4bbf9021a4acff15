#include "bindings.h"
#include "scoring.h"

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

void check_keys(const Keys& packed, const Counts& known, std::size_t sessions, std::size_t names) {
    require(packed.shape(0) >= sessions && packed.shape(1) == names, "keys: one row of names a session");
    require(known.shape(0) >= sessions, "known: one count a session");
}

void check_rows(const Rows& rows, const Input& x) {
    for (std::size_t i = 0; i < rows.shape(0); ++i)
        require(rows.data()[i] >= 0 && rows.data()[i] < static_cast<std::int64_t>(x.shape(0)),
                "rows: an index outside of the sessions");
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
    m.def("pack", [](const Input& x, const Keys& packed, const Counts& known) {
        check_keys(packed, known, x.shape(0), x.shape(1));
        nb::gil_scoped_release release;
        pack(x.data(), packed.data(), known.data(), shape_of(x));
    }, nb::arg("x"), nb::arg("packed"), nb::arg("known"));
    m.def("rank", [](const Input& x, const Keys& packed, const Counts& known, const Output& out) {
        check_keys(packed, known, x.shape(0), x.shape(1));
        same_shape(x, out);
        nb::gil_scoped_release release;
        rank(x.data(), packed.data(), known.data(), out.data(), shape_of(x));
    }, nb::arg("x"), nb::arg("packed"), nb::arg("known"), nb::arg("out"));
    m.def("group_rank", [](const Input& x, const Labels& label, const Keys& packed, const Counts& known,
                           const Output& out, std::int32_t groups) {
        check_keys(packed, known, x.shape(0), x.shape(1));
        same_shape(x, out);
        same_shape(label, out);
        nb::gil_scoped_release release;
        group_rank(x.data(), label.data(), packed.data(), known.data(), out.data(), shape_of(x), groups);
    }, nb::arg("x"), nb::arg("label"), nb::arg("packed"), nb::arg("known"), nb::arg("out"), nb::arg("groups"));
}

void bind_scoring(nb::module_& m) {
    using Twice = Array<float, 2>;
    using Scores = Array<double, 1>;
    m.def("pack_pairs", [](const Input& x, const Rows& rows, const Twice& twice, const Keys& packed,
                           const Counts& known) {
        check_rows(rows, x);
        check_keys(packed, known, rows.shape(0), x.shape(1));
        require(twice.shape(0) == rows.shape(0) && twice.shape(1) == x.shape(1), "ranks: one row a scored session");
        nb::gil_scoped_release release;
        pack_pairs(x.data(), rows.data(), static_cast<Index>(rows.shape(0)), shape_of(x).names, twice.data(),
                   packed.data(), known.data());
    });
    m.def("rank_forward", [](const Input& forward, const Rows& rows, const Keys& packed, const Counts& known,
                             const Keys& order, const Twice& twice, const Scores& spread) {
        check_rows(rows, forward);
        check_keys(packed, known, rows.shape(0), forward.shape(1));
        same_shape(order, twice);
        require(spread.shape(0) >= rows.shape(0), "spread: one number a scored session");
        check_keys(order, known, rows.shape(0), forward.shape(1));
        nb::gil_scoped_release release;
        rank_forward(forward.data(), rows.data(), static_cast<Index>(rows.shape(0)), shape_of(forward).names,
                     packed.data(), {order.data(), twice.data(), spread.data(), known.data()});
    });
    m.def("rank_ic", [](const Input& x, const Rows& rows, const Keys& packed, const Counts& known, const Keys& order,
                        const Twice& twice, const Scores& spread, const Counts& forward_known, std::int64_t min_names, const Scores& out) {
        check_rows(rows, x);
        check_keys(packed, known, rows.shape(0), x.shape(1));
        check_keys(order, forward_known, rows.shape(0), x.shape(1));
        same_shape(order, twice);
        require(spread.shape(0) >= rows.shape(0), "spread: one number a scored session");
        require(out.shape(0) >= rows.shape(0), "out: one score a scored session");
        nb::gil_scoped_release release;
        rank_ic(x.data(), rows.data(), static_cast<Index>(rows.shape(0)), shape_of(x).names, packed.data(),
                known.data(), {order.data(), twice.data(), spread.data(), forward_known.data()}, min_names, out.data());
    });
    m.def("ic", [](const Input& x, const Input& forward, const Rows& rows, std::int64_t min_names, const Scores& out) {
        check_rows(rows, x);
        same_shape(x, forward);
        require(out.shape(0) >= rows.shape(0), "out: one score a scored session");
        nb::gil_scoped_release release;
        pearson_ic(x.data(), forward.data(), rows.data(), static_cast<Index>(rows.shape(0)), shape_of(x).names,
                   min_names, out.data());
    });
}

}  // namespace lode
