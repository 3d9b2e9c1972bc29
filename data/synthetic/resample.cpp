#include <knoll/data/synthetic/resample.h>

#include <algorithm>

namespace knoll::data {

namespace {

// Which pixels of the old row a new one covers, and the share of the first and the last.
struct Cover {
    std::int64_t first, last;
    float first_weight, last_weight;

    float weight(std::int64_t i) const { return i == first ? first_weight : i == last ? last_weight : 1.0F; }
};

// In units of 1 / to of an old pixel everything is whole: new pixel i covers [i * from, (i + 1) * from).
Cover cover(std::int64_t i, std::int64_t from, std::int64_t to) {
    const std::int64_t begin = i * from;
    const std::int64_t end = begin + from;
    const std::int64_t first = begin / to;
    const std::int64_t last = (end - 1) / to;
    const auto share = [to](std::int64_t units) { return static_cast<float>(units) / static_cast<float>(to); };
    return {first, last, share(std::min(end, (first + 1) * to) - begin), share(end - std::max(begin, last * to))};
}

}  // namespace

std::vector<float> resample_area(const std::uint8_t* image, std::int64_t from, std::int64_t to) {
    std::vector<float> out;
    out.reserve(static_cast<std::size_t>(to * to));
    const float area = static_cast<float>(from * from) / static_cast<float>(to * to);
    for (std::int64_t y = 0; y < to; ++y) {
        const Cover rows = cover(y, from, to);
        for (std::int64_t x = 0; x < to; ++x) {
            const Cover columns = cover(x, from, to);
            float sum = 0.0F;
            for (std::int64_t r = rows.first; r <= rows.last; ++r)
                for (std::int64_t c = columns.first; c <= columns.last; ++c)
                    sum += rows.weight(r) * columns.weight(c) * static_cast<float>(image[r * from + c]);
            out.push_back(sum / area);
        }
    }
    return out;
}

}  // namespace knoll::data
