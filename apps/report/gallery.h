// Pictures that a report shows: examples as a loss sees them, neighbours found, labels corrected, samples bought.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace knoll::apps {

enum class Mark : std::uint8_t { none, right, wrong };

/// An example, its labels and what became of them.
struct ExampleImage {
    std::string data_uri;                     ///< of a PNG
    std::vector<std::string> observed = {};   ///< labels that the losses are told of
    std::vector<std::string> missing = {};    ///< labels that are there and kept from them
    std::vector<std::string> recovered = {};  ///< labels that a method has found
    Mark mark = Mark::none;                   ///< a green or a red frame
    friend bool operator==(const ExampleImage&, const ExampleImage&) = default;
};

struct GalleryRow {
    std::string caption = {};
    std::vector<ExampleImage> images = {};
    friend bool operator==(const GalleryRow&, const GalleryRow&) = default;
};

/// Rows of pictures that one run has made.
struct Gallery {
    std::string title;
    std::string introduction = {};
    std::vector<GalleryRow> rows = {};
    friend bool operator==(const Gallery&, const Gallery&) = default;
};

/// A plot with a sentence that says what it shows.
struct Figure {
    std::string svg;
    std::string caption;
    bool wide = false;  ///< takes the whole width of the page
    friend bool operator==(const Figure&, const Figure&) = default;
};

}  // namespace knoll::apps
