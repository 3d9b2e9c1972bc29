// report.html: one file that needs no network.
#pragma once

#include <knoll/apps/report/results.h>

#include <string>
#include <vector>

namespace knoll::apps {

/// A training example as the losses see it.
struct ExampleImage {
    std::string data_uri;
    std::vector<std::string> observed = {};
    std::vector<std::string> missing = {};
};

/// A plot with a sentence that says what it shows.
struct Figure {
    std::string svg;
    std::string caption;
    bool wide = false;  ///< takes the whole width of the page
};

struct FigureGroup {
    std::string heading;
    std::string introduction = {};
    std::vector<Figure> figures = {};
};

struct Report {
    std::string title;
    std::string introduction = {};
    Results results;
    std::vector<FigureGroup> figures = {};
    std::string examples_introduction = {};
    std::vector<ExampleImage> examples = {};
    std::string command = {};
    NamedTexts details = {};  ///< the machine, the version, the time
};

std::string report_html(const Report& report);

}  // namespace knoll::apps
