// report.html: one file that needs no network.
#pragma once

#include <knoll/apps/report/gallery.h>
#include <knoll/apps/report/results.h>

#include <string>
#include <vector>

namespace knoll::apps {

struct FigureGroup {
    std::string heading;
    std::string introduction = {};
    std::vector<Figure> figures = {};
};

struct MethodGallery {
    std::string method;
    Gallery gallery;
};

struct Report {
    std::string title;
    std::string introduction = {};
    Results results;
    std::vector<FigureGroup> figures = {};
    std::string examples_introduction = {};
    std::vector<ExampleImage> examples = {};
    std::vector<MethodGallery> galleries = {};
    std::string command = {};
    NamedTexts details = {};  ///< the machine, the version, the time
};

std::string report_html(const Report& report);

}  // namespace knoll::apps
