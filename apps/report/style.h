// The style sheet of report.html.
#pragma once

namespace knoll::apps {

inline constexpr const char* report_style = R"css(
:root { --ink: #24292f; --soft: #57606a; --line: #e1e4e8; --paper: #ffffff; --ground: #f5f6f8; --accent: #0072b2; --missing: #b54708; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
header { background: linear-gradient(120deg, #123a54, #0072b2 70%, #3c9ccf); color: #fff; }
header > div, main { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header > div { padding-top: 40px; padding-bottom: 36px; }
h1 { margin: 0 0 8px; font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; letter-spacing: -0.01em; }
header p { margin: 0; max-width: 72ch; opacity: 0.92; }
section { margin: 36px 0; }
h2 { margin: 0 0 4px; font-size: 1.3rem; }
section > p { margin: 0 0 16px; color: var(--soft); max-width: 80ch; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 16px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 14px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: 0.88rem; }
th:first-child, td:first-child { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: #f8fafc; }
td .spread { color: var(--soft); font-size: 0.88em; }
td.best { font-weight: 700; color: #0b5c8c; }
tr.reference td { color: var(--soft); font-style: italic; }
.note { margin: 12px 0 0; color: var(--soft); font-size: 0.9rem; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; font-size: 0.9em; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 16px; }
figure { margin: 0; }
figure.wide { grid-column: 1 / -1; }
figure svg { display: block; width: 100%; height: auto; }
figure.wide svg { min-width: 900px; }
figcaption { margin-top: 8px; color: var(--soft); font-size: 0.9rem; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); gap: 16px; }
.example { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 12px; }
.example img { display: block; width: 100%; border-radius: 6px; image-rendering: pixelated; background: #000; }
.labels { display: flex; flex-wrap: wrap; gap: 5px; margin-top: 10px; font-size: 0.8rem; line-height: 1.3; }
.label { padding: 2px 8px; border-radius: 999px; }
.observed { background: var(--accent); color: #fff; border: 1px solid var(--accent); }
.recovered { background: #e6f4ea; color: #14692f; border: 1px solid #14692f; }
.example.right { border: 3px solid #2e8b57; padding: 10px; }
.example.wrong { border: 3px solid #c0392b; padding: 10px; }
.examples.row { grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 10px; }
.examples.row .example { padding: 6px; border-radius: 8px; }
h3 { margin: 18px 0 8px; font-size: 1rem; font-weight: 600; }
.missing { color: var(--missing); border: 1px dashed var(--missing); background: #fff8f1; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 16px 0 0; font-size: 0.93rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
footer { padding: 8px 0 48px; color: var(--soft); font-size: 0.9rem; }
@media (max-width: 560px) { header > div, main { padding-left: 14px; padding-right: 14px; } .card { padding: 10px; } th, td { padding: 8px; } }
@media print { body { background: #fff; } .card, .example { break-inside: avoid; } }
)css";

}  // namespace knoll::apps
