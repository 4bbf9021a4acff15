// From a session's values to sortable keys, and from sorted keys to the exact order.
//
// What the bits that a key has no room for leave undecided is put right against the floats themselves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "lanes.h"
#include "panel.h"
#include "sorting.h"

namespace lode {

// Bits of a float that compare as unsigned integers do; -0 is 0.
LODE_INLINE std::uint32_t ordered_bits(float x) {
    const float positive_zero = x + 0.0f;
    std::uint32_t bits;
    std::memcpy(&bits, &positive_zero, sizeof bits);
    const std::uint32_t sign = bits >> 31;
    return bits ^ ((0u - sign) | 0x80000000u);
}

// Which names take part, under which number their key names them: their column, or a number of their own, of which
// those below `limit` count.
struct Numbering {
    const std::uint32_t* number = nullptr;  // by column; null: the column itself
    std::uint32_t limit = 0x7fffffff;
};

// A session's values as whole numbers that compare as they do, and where they lie. Between the negative ones, zero and
// the positive ones no room is left, so that the bits of a key are spent where the values are.
struct Span {
    std::int32_t lowest = INT32_MAX, highest = INT32_MIN;
    std::uint32_t above_zero = ~0u, below_zero = ~0u;  // the smallest distance of a positive and of a negative value
    Index known = 0;

    void add(std::int32_t whole) {
        lowest = std::min(lowest, whole);
        highest = std::max(highest, whole);
        above_zero = std::min(above_zero, static_cast<std::uint32_t>(whole) - 1u);
        below_zero = std::min(below_zero, ~static_cast<std::uint32_t>(whole));
        ++known;
    }

    // What is left out is round, so that values with few digits keep few: a key may then tell all of them.
    void close() {
        constexpr std::uint32_t ROUND = ~std::uint32_t{0xffff};
        if (known == 0) lowest = highest = 0;
        above_zero = highest > 0 ? above_zero & ROUND : 0u;
        below_zero = lowest < 0 ? below_zero & ROUND : 0u;
    }

    // Moved towards zero.
    std::uint32_t moved(std::int32_t whole) const {
        const std::uint32_t up = whole < 0 ? below_zero : 0u, down = whole > 0 ? above_zero : 0u;
        return static_cast<std::uint32_t>(whole) + up - down;
    }
    std::uint32_t first() const { return moved(lowest); }
    std::uint32_t width() const { return moved(highest) - moved(lowest); }
};

LODE_INLINE std::int32_t whole_of(float x) {
    std::int32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const std::int32_t size = bits & 0x7fffffff;
    return bits < 0 ? -size : size;
}

// A key: as much of a value as fits in front of the number, counted from the session's smallest value.
class Packing {
   public:
    explicit Packing(Index names) : names_(names) {
        while ((Index{1} << number_bits_) < names) ++number_bits_;
    }

    int number_bits() const { return number_bits_; }

    // Whether the last session's keys tell all that its values do: no bit of them had to be left out.
    bool lossless() const { return lossless_; }

    // Writes the session's keys by column, those of missing names as the largest, and returns how many are known.
    Index pack(const float* x, Numbering numbering, std::uint32_t* packed) {
        return numbering.number ? pack<true>(x, numbering, packed) : pack<false>(x, numbering, packed);
    }

   private:
    template <bool NUMBERED>
    Index pack(const float* x, Numbering numbering, std::uint32_t* packed) {
        const Span span = span_of<NUMBERED>(x, numbering);
        int dropped = 0;
        while ((span.width() >> dropped >> (31 - number_bits_)) > 1) ++dropped;
        write_keys<NUMBERED>(x, numbering, span, dropped, packed);
        return span.known;
    }

    template <bool NUMBERED>
    static bool is_known(const float* x, Numbering numbering, Index i) {
        return magnitude(x[i]) <= kLargest && (!NUMBERED || numbering.number[i] < numbering.limit);
    }

#if LODE_VECTORS
    static constexpr Index LANES = Lanes<float>::COUNT;
    using Wide = Lanes<float>::Vector;
    typedef std::int32_t Signed __attribute__((vector_size(kVectorBytes)));
    typedef std::uint32_t Unsigned __attribute__((vector_size(kVectorBytes)));

    static LODE_INLINE Signed wholes(Wide x) {
        const Signed bits = (Signed)x, sign = bits >> 31;
        return ((bits & 0x7fffffff) ^ sign) - sign;
    }

    template <bool NUMBERED>
    static LODE_INLINE Signed known(Wide x, Numbering numbering, Index i) {
        const Signed finite = (Signed)(absolute(x) <= kLargest);
        if constexpr (!NUMBERED) return finite;
        return finite & (Signed)(read<Signed>(numbering.number + i) < static_cast<std::int32_t>(numbering.limit));
    }

    struct WideSpan {
        Signed lowest = Signed{} + INT32_MAX, highest = Signed{} + INT32_MIN, known = Signed{};
        Unsigned above_zero = Unsigned{} + ~0u, below_zero = Unsigned{} + ~0u;
        LODE_INLINE void add(Signed whole, Signed valid) {
            const Signed low = valid ? whole : Signed{} + INT32_MAX, high = valid ? whole : Signed{} + INT32_MIN;
            const Unsigned here = (Unsigned)(whole & valid), above = here - 1u, below = ~here;
            lowest = low < lowest ? low : lowest;
            highest = high > highest ? high : highest;
            above_zero = above < above_zero ? above : above_zero;
            below_zero = below < below_zero ? below : below_zero;
            known -= valid;
        }
        Span joined() const {
            Span span;
            for (Index lane = 0; lane < LANES; ++lane) {
                span.lowest = std::min<std::int32_t>(span.lowest, lowest[lane]);
                span.highest = std::max<std::int32_t>(span.highest, highest[lane]);
                span.above_zero = std::min<std::uint32_t>(span.above_zero, above_zero[lane]);
                span.below_zero = std::min<std::uint32_t>(span.below_zero, below_zero[lane]);
                span.known += known[lane];
            }
            return span;
        }
    };
#endif

    template <bool NUMBERED>
    Span span_of(const float* x, Numbering numbering) const {
        Span span;
        Index i = 0;
#if LODE_VECTORS
        WideSpan wide;
        for (; i + LANES <= names_; i += LANES) {
            const Wide values = read<Wide>(x + i);
            wide.add(wholes(values), known<NUMBERED>(values, numbering, i));
        }
        span = wide.joined();
#endif
        for (; i < names_; ++i)
            if (is_known<NUMBERED>(x, numbering, i)) span.add(whole_of(x[i]));
        span.close();
        return span;
    }

    template <bool NUMBERED>
    void write_keys(const float* x, Numbering numbering, Span span, int dropped, std::uint32_t* packed) {
        const int shift = number_bits_;
        const std::uint32_t lost = (std::uint32_t{1} << dropped) - 1, first = span.first();
        bool exact = true;
        Index i = 0;
#if LODE_VECTORS
        Unsigned column, missed = Unsigned{};
        for (Index lane = 0; lane < LANES; ++lane) column[lane] = static_cast<std::uint32_t>(lane);
        for (; i + LANES <= names_; i += LANES, column += static_cast<std::uint32_t>(LANES)) {
            const Wide values = read<Wide>(x + i);
            const Signed whole = wholes(values), valid = known<NUMBERED>(values, numbering, i);
            const Unsigned number = NUMBERED ? read<Unsigned>(numbering.number + i) : column;
            const Unsigned up = (Unsigned)(whole < 0) & span.below_zero, down = (Unsigned)(whole > 0) & span.above_zero;
            const Unsigned distance = (Unsigned)whole + up - down - first;
            missed |= distance & lost & (Unsigned)valid;
            write(packed + i, valid ? (distance >> dropped << shift) | number : Unsigned{} + ~0u);
        }
        for (Index lane = 0; lane < LANES; ++lane) exact &= missed[lane] == 0;
#endif
        for (; i < names_; ++i) {
            const std::uint32_t number = NUMBERED ? numbering.number[i] : static_cast<std::uint32_t>(i);
            const std::uint32_t distance = span.moved(whole_of(x[i])) - first;
            const bool valid = is_known<NUMBERED>(x, numbering, i);
            exact &= !(valid && distance & lost);
            packed[i] = valid ? (distance >> dropped << shift) | number : ~0u;
        }
        lossless_ = exact;
    }

    Index names_;
    int number_bits_ = 1;
    bool lossless_ = true;
};

// A row of bits, to be gone through by its runs.
class Bits {
   public:
    explicit Bits(Index most) : words_(static_cast<std::size_t>(most / 64 + 2)) {}

    // From bytes that are 0 or 1, n of them and zeros up to a multiple of 64.
    void fill(const std::uint8_t* bytes, Index n) {
        for (Index word = 0; word * 64 < n; ++word) {
            std::uint64_t all = 0;
            for (Index i = 0; i < 8; ++i) all |= eight(bytes + word * 64 + i * 8) << 8 * i;
            words_[static_cast<std::size_t>(word)] = all;
        }
    }

    // The first place from i on with the bit, n at most.
    Index next_one(Index i, Index n) const { return next<0>(i, n); }
    Index next_zero(Index i, Index n) const { return next<~std::uint64_t{0}>(i, n); }

   private:
    template <std::uint64_t FLIP>
    Index next(Index i, Index n) const {
        if (i >= n) return n;
        auto word = static_cast<std::size_t>(i / 64);
        std::uint64_t left = (words_[word] ^ FLIP) & ~std::uint64_t{0} << i % 64;
        while (left == 0) {
            if (static_cast<Index>(++word) * 64 >= n) return n;
            left = words_[word] ^ FLIP;
        }
        return std::min(n, static_cast<Index>(word) * 64 + lowest(left));
    }

    // Bit i is byte i: the factor moves each byte's bit to its place in the highest byte.
    static LODE_INLINE std::uint64_t eight(const std::uint8_t* bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return read<std::uint64_t>(bytes) * 0x0102040810204080u >> 56;
#else
        std::uint64_t bits = 0;
        for (int i = 0; i < 8; ++i) bits |= static_cast<std::uint64_t>(bytes[i]) << i;
        return bits;
#endif
    }

    static LODE_INLINE Index lowest(std::uint64_t bits) {
#if LODE_VECTORS
        return __builtin_ctzll(bits);
#else
        Index i = 0;
        while (!(bits >> i & 1)) ++i;
        return i;
#endif
    }

    std::vector<std::uint64_t> words_;
};

// Places [first, end) of the order that hold equal values.
struct Tie {
    Index first, end;
};

// A session's names from the smallest value to the largest, and which values are equal: keys that agree in all bits that
// were kept are put in order by their values.
class Order {
   public:
    explicit Order(Index names)
        : names_(names), packing_(names), sorter_(names), equal_(static_cast<std::size_t>(names) + 64), bits_(names),
          untied_(static_cast<std::size_t>(names)), tied_(untied_.size()), values_(untied_.size()),
          mask_((std::uint32_t{1} << packing_.number_bits()) - 1) {
        for (std::size_t i = 0; i < untied_.size(); ++i) untied_[i] = static_cast<std::uint32_t>(2 * i);
    }

    // Sorts the session's values x; returns how many are known. named: the column of each number, null: the number.
    Index sort(const float* x, Numbering numbering = {}, const std::uint32_t* named = nullptr) {
        x_ = x;
        named_ = named;
        known_ = all_ = packing_.pack(x, numbering, sorter_.keys());
        keys_ = sorted_ = sorter_.sorted(names_, known_);
        find_ties();
        return known_;
    }

    // The number at a place, counted from 0.
    LODE_INLINE std::uint32_t number(Index place) const { return keys_[place] & mask_; }

    // Leaves out the numbers that `kept` says no to, and puts back those that it does not; returns how many are left.
    template <class Kept>
    Index restrict_to(Kept kept) {
        Index n = 0;
        for (Index i = 0; i < all_; ++i) n += kept(sorted_[i] & mask_);
        if (n == all_ && keys_ == sorted_) return n;
        keys_ = n == all_ ? sorted_ : left(kept);
        known_ = n;
        find_ties();
        return n;
    }

    // Twice the average rank by place, counted from 0: twice the place, but for ties.
    const std::uint32_t* ranks() {
        if (!many_ && ties_.empty()) return untied_.data();
        many_ ? rank_all() : rank_ties();
        return tied_.data();
    }

    // Places that hold equal values, in order.
    const std::vector<Tie>& ties() {
        if (many_) {
            ties_.clear();
            go_through_runs([this](Index first, Index end) { ties_.push_back({first, end}); });
        }
        return ties_;
    }

   private:
    float value(Index place) const { return x_[named_ ? named_[number(place)] : number(place)]; }

    template <class Kept>
    std::uint32_t* left(Kept kept) {
        left_.clear();
        for (Index i = 0; i < all_; ++i)
            if (kept(sorted_[i] & mask_)) left_.push_back(sorted_[i]);
        return left_.data();
    }

    // Where ties are few they are looked at one by one; where they are many, going from one to the next takes longer
    // than going through all places.
    void find_ties() {
        constexpr Index FEW = 32;  // a tie in as many places
        ties_.clear();
        const Index alike = find_alike();
        many_ = alike > known_ / FEW;
        if (alike == 0) return;
        if (!many_)
            go_through_runs([this](Index first, Index end) { settle(first, end); });
        else if (!packing_.lossless())
            settle_all();
    }

    // Notes which keys agree with the one before but for the number; returns how many.
    Index find_alike() {
        std::uint8_t* LODE_RESTRICT equal = equal_.data();
        const std::uint32_t* LODE_RESTRICT key = keys_;
        const std::uint32_t mask = mask_;
        std::uint32_t count = 0;
        equal[0] = 0;
        for (Index i = 1; i < known_; ++i) {
            equal[i] = (key[i] ^ key[i - 1]) <= mask ? 1 : 0;
            count += (key[i] ^ key[i - 1]) <= mask ? 1u : 0u;
        }
        return count;
    }

    // Calls `with` the places [first, end) of each run.
    template <class Function>
    void go_through_runs(Function with) {
        std::fill(equal_.begin() + known_, equal_.begin() + known_ + 64, std::uint8_t{0});
        bits_.fill(equal_.data(), known_);
        for (Index i = bits_.next_one(1, known_); i < known_;) {
            const Index end = bits_.next_zero(i + 1, known_);
            with(i - 1, end);
            i = bits_.next_one(end + 1, known_);
        }
    }

    // Orders the places [first, end), whose keys agree but for the number, and notes which values are equal.
    void settle(Index first, Index end) {
        if (packing_.lossless()) return ties_.push_back({first, end});
        const float low = value(first);
        if (end - first == 2) {
            const float high = value(first + 1);
            if (high == low) ties_.push_back({first, end});
            if (high < low) std::swap(keys_[first], keys_[first + 1]);
            return;
        }
        bool equal = true;
        for (Index i = first + 1; i < end; ++i) equal &= value(i) == low;
        if (equal) return ties_.push_back({first, end});
        sort_by_value(first, end);
        for (Index i = first; i < end;) {
            Index next = i + 1;
            while (next < end && value(next) == value(i)) ++next;
            if (next - i > 1) ties_.push_back({i, next});
            i = next;
        }
    }

    // The same of all runs at once.
    void settle_all() {
        if (!bring_values()) {
            go_through_runs([this](Index first, Index end) {
                if (!std::is_sorted(values_.begin() + first, values_.begin() + end)) sort_by_value(first, end);
            });
            bring_values();
        }
        std::uint8_t* LODE_RESTRICT equal = equal_.data();
        const float* LODE_RESTRICT value = values_.data();
        for (Index i = 1; i < known_; ++i) equal[i] = value[i] == value[i - 1] ? 1 : 0;
    }

    // The values by place; whether they are in order.
    bool bring_values() {
        for (Index i = 0; i < known_; ++i) values_[static_cast<std::size_t>(i)] = value(i);
        const float* LODE_RESTRICT value = values_.data();
        std::uint32_t wrong = 0;
        for (Index i = 1; i < known_; ++i) wrong |= value[i] < value[i - 1] ? 1u : 0u;
        return wrong == 0;
    }

    void sort_by_value(Index first, Index end) {
        if (end - first > 16) return sort_long_run(first, end);
        for (Index i = first + 1; i < end; ++i) {
            const std::uint32_t key = keys_[i];
            const float moved = value(i);
            Index j = i;
            for (; j > first && value(j - 1) > moved; --j) keys_[j] = keys_[j - 1];
            keys_[j] = key;
        }
    }

    void sort_long_run(Index first, Index end) {
        run_.clear();
        for (Index i = first; i < end; ++i)
            run_.push_back((static_cast<std::uint64_t>(ordered_bits(value(i))) << 32) | keys_[i]);
        std::sort(run_.begin(), run_.end());
        for (Index i = first; i < end; ++i)
            keys_[i] = static_cast<std::uint32_t>(run_[static_cast<std::size_t>(i - first)]);
    }

    void rank_ties() {
        std::copy(untied_.begin(), untied_.begin() + known_, tied_.begin());
        for (const Tie& tie : ties_)
            std::fill(tied_.begin() + tie.first, tied_.begin() + tie.end, static_cast<std::uint32_t>(tie.first + tie.end - 1));
    }

    // The first place of each run forwards, the last one backwards. Masks, since no branch could be foreseen.
    void rank_all() {
        const std::uint8_t* equal = equal_.data();
        std::uint32_t* rank = tied_.data();
        const auto n = static_cast<std::uint32_t>(known_);
        std::uint32_t first = 0, last = n - 1;
        for (std::uint32_t i = 0; i < n; ++i) {
            const std::uint32_t same = 0u - equal[i];
            rank[i] = first = (first & same) | (i & ~same);
        }
        for (std::uint32_t i = n; i-- > 0;) {
            const std::uint32_t same = 0u - equal[i];
            rank[i] += last;
            last = (last & same) | ((i - 1) & ~same);
        }
    }

    Index names_, known_ = 0, all_ = 0;
    Packing packing_;
    KeySorter sorter_;
    std::vector<std::uint8_t> equal_;  // by place: whether the value is that of the place before
    Bits bits_;
    bool many_ = false;  // whether `equal_` counts, or `ties_`
    std::vector<Tie> ties_;
    std::vector<std::uint32_t> untied_, tied_;
    std::vector<float> values_;
    std::uint32_t mask_;
    std::uint32_t *sorted_ = nullptr, *keys_ = nullptr;  // all of the session's, and those that are left
    std::vector<std::uint32_t> left_;
    const float* x_ = nullptr;
    const std::uint32_t* named_ = nullptr;
    std::vector<std::uint64_t> run_;
};

}  // namespace lode
