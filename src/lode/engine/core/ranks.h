// From a session's values to sortable keys, and from sorted keys to the exact order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "lanes.h"
#include "panel.h"

namespace lode {

// Bits of a float that compare as unsigned integers do; -0 is 0.
LODE_INLINE std::uint32_t ordered_bits(float x) {
    const float positive_zero = x + 0.0f;
    std::uint32_t bits;
    std::memcpy(&bits, &positive_zero, sizeof bits);
    const std::uint32_t sign = bits >> 31;
    return bits ^ ((0u - sign) | 0x80000000u);
}

// A key: as much of a value's ordered bits as fits in front of the column, counted from the session's smallest value,
// so that the bits are spent where the values are.
class Packing {
   public:
    explicit Packing(Index names) : names_(names) {
        while ((Index{1} << column_bits_) < names) ++column_bits_;
    }

    int column_bits() const { return column_bits_; }

    // Writes the session's keys, missing names last, and returns how many names are known. With `paired`, a name whose
    // number there is negative counts as missing.
    std::int32_t pack(const float* x, const float* paired, std::uint32_t* packed) const {
        Range range;
        Index i = 0;
#if LODE_VECTORS
        VectorRange wide;
        for (; i + LANES <= names_; i += LANES) wide.add(ordered(read<Wide>(x + i)), known(x, paired, i));
        range = wide.joined();
#endif
        for (; i < names_; ++i)
            if (is_known(x, paired, i)) range.add(ordered_bits(x[i]));
        if (range.known == 0) range.lowest = range.highest = 0;
        int dropped = 0;
        while (((range.highest - range.lowest) >> dropped >> (31 - column_bits_)) > 1) ++dropped;
        write_keys(x, paired, range.lowest, dropped, packed);
        return range.known;
    }

   private:
    struct Range {
        std::uint32_t lowest = ~0u, highest = 0;
        std::int32_t known = 0;
        void add(std::uint32_t bits) {
            lowest = std::min(lowest, bits);
            highest = std::max(highest, bits);
            ++known;
        }
    };

    static bool is_known(const float* x, const float* paired, Index i) {
        return magnitude(x[i]) <= kLargest && (!paired || paired[i] >= 0.0f);
    }

#if LODE_VECTORS
    static constexpr Index LANES = Lanes<float>::COUNT;
    using Wide = Lanes<float>::Vector;
    typedef std::int32_t Signed __attribute__((vector_size(kVectorBytes)));
    typedef std::uint32_t Unsigned __attribute__((vector_size(kVectorBytes)));

    // As ordered_bits, but to be compared as signed integers.
    static LODE_INLINE Signed ordered(Wide x) {
        const Signed bits = (Signed)(x + 0.0f);
        return bits ^ ((bits >> 31) & 0x7fffffff);
    }

    static LODE_INLINE Signed known(const float* x, const float* paired, Index i) {
        const Signed finite = (Signed)(absolute(read<Wide>(x + i)) <= kLargest);
        return paired ? finite & (Signed)(read<Wide>(paired + i) >= 0.0f) : finite;
    }

    struct VectorRange {
        Signed lowest = Signed{} + INT32_MAX, highest = Signed{} + INT32_MIN, known = Signed{};
        LODE_INLINE void add(Signed bits, Signed valid) {
            const Signed low = valid ? bits : Signed{} + INT32_MAX, high = valid ? bits : Signed{} + INT32_MIN;
            lowest = low < lowest ? low : lowest;
            highest = high > highest ? high : highest;
            known -= valid;
        }
        Range joined() const {
            Range range;
            for (Index lane = 0; lane < LANES; ++lane) {
                range.lowest = std::min(range.lowest, static_cast<std::uint32_t>(lowest[lane]) ^ 0x80000000u);
                range.highest = std::max(range.highest, static_cast<std::uint32_t>(highest[lane]) ^ 0x80000000u);
                range.known += known[lane];
            }
            return range;
        }
    };
#endif

    void write_keys(const float* x, const float* paired, std::uint32_t lowest, int dropped,
                    std::uint32_t* packed) const {
        const int shift = column_bits_;
        Index i = 0;
#if LODE_VECTORS
        Unsigned column;
        for (Index lane = 0; lane < LANES; ++lane) column[lane] = static_cast<std::uint32_t>(lane);
        const std::uint32_t base = lowest ^ 0x80000000u;
        for (; i + LANES <= names_; i += LANES, column += static_cast<std::uint32_t>(LANES)) {
            const Unsigned key = ((Unsigned)ordered(read<Wide>(x + i)) - base) >> dropped;
            write(packed + i, known(x, paired, i) ? (key << shift) | column : Unsigned{} + ~0u);
        }
#endif
        for (; i < names_; ++i) {
            const std::uint32_t key = (ordered_bits(x[i]) - lowest) >> dropped;
            packed[i] = is_known(x, paired, i) ? (key << shift) | static_cast<std::uint32_t>(i) : ~0u;
        }
    }

    Index names_;
    int column_bits_ = 1;
};

// Places [first, end) of the order that hold equal values.
struct Tie {
    Index first, end;
};

// A session's names from the smallest value to the largest, from sorted keys; keys that agree in all bits that were
// kept are put in order by their values.
class Order {
   public:
    explicit Order(Index names)
        : alike_(static_cast<std::size_t>(names) + 9), column_bits_(Packing(names).column_bits()),
          mask_((std::uint32_t{1} << column_bits_) - 1) {}

    std::vector<Tie> ties;  // of two or more, in order

    // packed: the session's sorted keys, of which the first n are known; x: its values.
    void read(std::uint32_t* packed, const float* x, Index n) {
        packed_ = packed;
        ties.clear();
        if (n < 2) return;
        // Whether a key agrees with the one before but for the column, a byte a place: eight zeros are passed at once.
        std::uint8_t* LODE_RESTRICT alike = alike_.data();
        const std::uint32_t* LODE_RESTRICT key = packed;
        for (Index i = 1; i < n; ++i) alike[i] = (key[i] ^ key[i - 1]) <= mask_ ? 1 : 0;
        std::memset(alike + n, 0, 9);
        for (Index i = 1; i < n;) {
            if (lode::read<std::uint64_t>(alike + i) == 0) {
                i += 8;
                continue;
            }
            while (!alike[i]) ++i;
            const Index first = i - 1;
            while (alike[i]) ++i;
            settle(x, first, i++);
        }
    }

    // The name at a place, counted from 0.
    LODE_INLINE std::uint32_t column(Index place) const { return packed_[place] & mask_; }

   private:
    // Orders the places [first, end), whose keys agree but for the column, and notes which values are equal.
    void settle(const float* x, Index first, Index end) {
        const float value = x[column(first)];
        bool equal = true, sorted = true;
        for (Index i = first + 1; i < end; ++i) equal &= x[column(i)] == value;
        if (equal) return ties.push_back({first, end});
        for (Index i = first + 1; i < end; ++i) sorted &= x[column(i - 1)] <= x[column(i)];
        if (!sorted) sort_by_value(x, first, end);
        for (Index i = first; i < end;) {
            Index next = i + 1;
            while (next < end && x[column(next)] == x[column(i)]) ++next;
            if (next - i > 1) ties.push_back({i, next});
            i = next;
        }
    }

    void sort_by_value(const float* x, Index first, Index end) {
        if (end - first > 16) return sort_long_run(x, first, end);
        for (Index i = first + 1; i < end; ++i) {
            const std::uint32_t key = packed_[i];
            const float value = x[key & mask_];
            Index j = i;
            for (; j > first && x[column(j - 1)] > value; --j) packed_[j] = packed_[j - 1];
            packed_[j] = key;
        }
    }

    void sort_long_run(const float* x, Index first, Index end) {
        run_.clear();
        for (Index i = first; i < end; ++i)
            run_.push_back((static_cast<std::uint64_t>(ordered_bits(x[column(i)])) << 32) | packed_[i]);
        std::sort(run_.begin(), run_.end());
        for (Index i = first; i < end; ++i)
            packed_[i] = static_cast<std::uint32_t>(run_[static_cast<std::size_t>(i - first)]);
    }

    std::vector<std::uint8_t> alike_;
    int column_bits_;
    std::uint32_t mask_;
    std::uint32_t* packed_ = nullptr;
    std::vector<std::uint64_t> run_;
};

}  // namespace lode
