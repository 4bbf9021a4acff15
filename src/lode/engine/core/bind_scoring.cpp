#include "bindings.h"
#include "scoring.h"

namespace lode {
namespace {

using Numbers = Array<std::uint32_t, 2>;
using Orders = Array<std::uint32_t, 3>;
using Ranks = Array<std::int32_t, 3>;
using Spreads = Array<double, 2>;
using Known = Array<std::int32_t, 2>;
using Scores = Array<double, 1>;

// Checks that every index of `rows` is one of x's sessions.
Scored scored_of(const Input& x, const Rows& rows, Index horizons) {
    for (std::size_t i = 0; i < rows.shape(0); ++i)
        require(rows.data()[i] >= 0 && rows.data()[i] < static_cast<std::int64_t>(x.shape(0)),
                "rows: an index outside of the sessions");
    return {rows.data(), horizons, static_cast<Index>(rows.shape(0)), static_cast<Index>(x.shape(1))};
}

template <class T>
bool has(const T& array, Index a, Index b, Index c) {
    return static_cast<Index>(array.shape(0)) == a && static_cast<Index>(array.shape(1)) == b &&
           (T::Config::N < 3 || static_cast<Index>(array.shape(T::Config::N - 1)) == c);
}

void check_ranks(Scored scored, const Numbers& number, const Numbers& named, const Orders& order, const Ranks& twice,
                 const Spreads& spread, const Known& known) {
    const Index horizons = scored.horizons, sessions = scored.sessions, names = scored.names;
    require(has(number, sessions, names, 0) && has(named, sessions, names, 0), "numbers: one row a scored session");
    require(has(order, horizons, sessions, names) && has(twice, horizons, sessions, names),
            "ranks: one row a horizon and scored session");
    require(has(spread, horizons, sessions, 0) && has(known, horizons, sessions, 0),
            "ranks: one spread and one count a horizon and scored session");
}

}  // namespace

void bind_scoring(nb::module_& m) {
    m.def("number_names", [](const Input& forward, const Rows& rows, const Numbers& number, const Numbers& named) {
        const Scored scored = scored_of(forward, rows, 1);
        require(has(number, scored.sessions, scored.names, 0) && has(named, scored.sessions, scored.names, 0),
                "numbers: one row a scored session");
        nb::gil_scoped_release release;
        number_names(forward.data(), scored, {number.data(), named.data(), nullptr, nullptr, nullptr, nullptr});
    });
    m.def("rank_forward", [](const Input& forward, std::int64_t horizon, const Rows& rows, const Numbers& number,
                             const Numbers& named, const Orders& order, const Ranks& twice, const Spreads& spread,
                             const Known& known) {
        const Scored scored = scored_of(forward, rows, static_cast<Index>(order.shape(0)));
        check_ranks(scored, number, named, order, twice, spread, known);
        require(horizon >= 0 && horizon < scored.horizons, "horizon: an index outside of the horizons");
        nb::gil_scoped_release release;
        rank_forward(forward.data(), horizon, scored,
                     {number.data(), named.data(), order.data(), twice.data(), spread.data(), known.data()});
    });
    m.def("rank_ic", [](const Input& x, const Rows& rows, const Numbers& number, const Numbers& named,
                        const Orders& order, const Ranks& twice, const Spreads& spread, const Known& known,
                        std::int64_t min_names, const Spreads& out, const Known& pairs) {
        const Scored scored = scored_of(x, rows, static_cast<Index>(order.shape(0)));
        check_ranks(scored, number, named, order, twice, spread, known);
        require(has(out, scored.horizons, scored.sessions, 0) && has(pairs, scored.horizons, scored.sessions, 0),
                "out: one score a horizon and scored session");
        nb::gil_scoped_release release;
        rank_ic(x.data(), scored,
                {number.data(), named.data(), order.data(), twice.data(), spread.data(), known.data()}, min_names,
                out.data(), pairs.data());
    });
    m.def("ic", [](const Input& x, const Input& forward, const Rows& rows, std::int64_t min_names, const Scores& out) {
        const Scored scored = scored_of(x, rows, 1);
        same_shape(x, forward);
        require(out.shape(0) >= rows.shape(0), "out: one score a scored session");
        nb::gil_scoped_release release;
        pearson_ic(x.data(), forward.data(), scored, min_names, out.data());
    });
}

}  // namespace lode
