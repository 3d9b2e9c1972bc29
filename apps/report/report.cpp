#include <knoll/apps/report/report.h>

#include <knoll/apps/plots/svg.h>
#include <knoll/apps/report/style.h>
#include <knoll/apps/terminal/progress.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <set>

namespace knoll::apps {

namespace {

std::size_t count_seeds(const Results& results) {
    std::set<std::uint64_t> seeds;
    for (const RunResult& run : results.runs) seeds.insert(run.seed);
    return seeds.size();
}

std::string summary_row(const LossSummary& summary, std::size_t seeds) {
    std::string row = text("<tr", summary.reference ? R"( class="reference")" : "", "><td><code>", escaped(summary.loss), "</code></td>");
    for (const MetricSummary& metric : summary.metrics) {
        row += text("<td", metric.best ? R"( class="best")" : "", ">", fixed(metric.mean, 2));
        if (seeds > 1) row += text(R"( <span class="spread">± )", fixed(metric.std, 2), "</span>");
        row += "</td>";
    }
    return row + text("<td>", duration(summary.seconds), "</td></tr>\n");
}

std::string failed_row(const FailedRun& run, std::size_t metrics) {
    std::string row = text("<tr><td><code>", escaped(run.loss), "</code></td>");
    for (std::size_t m = 0; m < metrics; ++m) row += "<td>–</td>";
    return row + "<td>diverged</td></tr>\n";
}

std::string summary_note(const Results& results, std::size_t seeds) {
    std::string note = "Percent; the best of a column is bold. ";
    note += seeds > 1 ? text("Mean ± standard deviation over ", seeds, " seeds; every loss had the same ones.") : "One seed.";
    if (!results.references.empty()) note += " A row in italics saw more labels than the others: it is the mark to reach, not a competitor.";
    return note;
}

std::string summary_section(const Results& results) {
    const std::vector<LossSummary> summaries = summarize(results);
    const std::size_t seeds = count_seeds(results);
    std::string out = "<section id=\"results\">\n<h2>Results</h2>\n<div class=\"card\"><table>\n<thead><tr><th>Loss</th>";
    for (const std::string& name : metric_names(results)) out += text("<th>", escaped(name), "</th>");
    out += "<th>time per run</th></tr></thead>\n<tbody>\n";
    for (const LossSummary& summary : summaries) out += summary_row(summary, seeds);
    for (const FailedRun& run : results.failed) out += failed_row(run, metric_names(results).size());
    out += text("</tbody></table></div>\n<p class=\"note\">", summary_note(results, seeds), "</p>\n");
    for (const std::string& note : run_notes(results)) out += text("<p class=\"note\">", escaped(note), "</p>\n");
    for (const FailedRun& run : results.failed)
        out += text("<p class=\"note\"><code>", escaped(run.loss), "</code> diverged with seed ", run.seed, ": ", escaped(run.reason), "</p>\n");
    return out + "</section>\n";
}

std::string figure_section(const FigureGroup& group) {
    std::string out = text("<section>\n<h2>", escaped(group.heading), "</h2>\n<p>", escaped(group.introduction), "</p>\n<div class=\"plots\">\n");
    for (const Figure& figure : group.figures)
        out += text("<figure class=\"card", figure.wide ? " wide" : "", "\">\n", figure.svg, "<figcaption>", escaped(figure.caption),
                    "</figcaption>\n</figure>\n");
    return out + "</div>\n</section>\n";
}

std::string label_chips(const std::vector<std::string>& names, const char* kind) {
    std::string out;
    for (const std::string& name : names) out += text("<span class=\"label ", kind, "\">", escaped(name), "</span>");
    return out;
}

std::string picture(const ExampleImage& example) {
    const char* mark = example.mark == Mark::right ? " right" : example.mark == Mark::wrong ? " wrong" : "";
    return text(R"(<div class="example)", mark, R"("><img alt="example" src=")", example.data_uri, R"("><div class="labels">)",
                label_chips(example.observed, "observed"), label_chips(example.missing, "missing"), label_chips(example.recovered, "recovered"),
                "</div></div>\n");
}

std::string gallery_section(const MethodGallery& shown) {
    std::string out = text("<section>\n<h2>", escaped(shown.gallery.title), ": <code>", escaped(shown.method), "</code></h2>\n<p>",
                           escaped(shown.gallery.introduction), "</p>\n");
    for (const GalleryRow& row : shown.gallery.rows) {
        if (!row.caption.empty()) out += text("<h3>", escaped(row.caption), "</h3>\n");
        out += "<div class=\"examples row\">\n";
        for (const ExampleImage& image : row.images) out += picture(image);
        out += "</div>\n";
    }
    return out + "</section>\n";
}

std::string examples_section(const Report& report) {
    std::string out =
        text("<section id=\"examples\">\n<h2>What the losses see</h2>\n<p>", escaped(report.examples_introduction), "</p>\n<div class=\"examples\">\n");
    for (const ExampleImage& example : report.examples) out += picture(example);
    return out + "</div>\n</section>\n";
}

std::string definition(const std::string& name, const std::string& value) { return text("<dt>", escaped(name), "</dt><dd>", escaped(value), "</dd>\n"); }

std::string details_section(const Report& report) {
    std::string out = text("<section id=\"details\">\n<h2>How it was made</h2>\n<div class=\"card\"><pre>", escaped(report.command), "</pre>\n<dl>\n");
    for (const auto& [name, value] : report.results.options) out += definition(name, value);
    for (const auto& [name, value] : report.details) out += definition(name, value);
    return out + "</dl></div>\n</section>\n";
}

}  // namespace

std::string report_html(const Report& report) {
    std::string out = text(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>",
        escaped(report.title), "</title>\n<style>", report_style, "</style>\n</head>\n<body>\n<header><div>\n<h1>", escaped(report.title), "</h1>\n<p>",
        escaped(report.introduction), "</p>\n</div></header>\n<main>\n");
    out += summary_section(report.results);
    for (const FigureGroup& group : report.figures)
        if (!group.figures.empty()) out += figure_section(group);
    if (!report.examples.empty()) out += examples_section(report);
    for (const MethodGallery& gallery : report.galleries) out += gallery_section(gallery);
    out += details_section(report);
    return out + "<footer>Written by knoll. This page stands alone: it loads nothing.</footer>\n</main>\n</body>\n</html>\n";
}

}  // namespace knoll::apps
