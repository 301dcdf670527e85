"""The style sheet of building instructions, for screens and for A4 or letter paper."""

STYLE = """\
@page { margin: 12mm; }
* { box-sizing: border-box; }
body { font: 15px/1.45 "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1d2129; background: #fff;
  max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
svg.defs { position: absolute; }
h1 { font-size: 2.4rem; line-height: 1.15; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.5rem; margin: 2rem 0 .8rem; }
.cover { text-align: center; }
.cover .sub { font-size: 1.2rem; color: #5b6370; margin: .3rem 0 1rem; }
.cover img { max-width: 100%; max-height: 62vh; width: auto; height: auto; }
.cover dl { display: flex; flex-wrap: wrap; justify-content: center; gap: .6rem 2.2rem; margin: 1.2rem 0; }
.cover dt { font-size: .8rem; color: #5b6370; }
.cover dd { margin: 0; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .7rem; border-bottom: 1px solid #dde1e7; vertical-align: middle; }
th:last-child, td:last-child { text-align: right; font-variant-numeric: tabular-nums; }
tfoot td { font-weight: 600; border-bottom: 0; }
.legend { color: #5b6370; margin: 0 0 1rem; }
.step { border: 1px solid #cfd4dc; border-radius: 6px; padding: .8rem 1rem; margin: 0 0 1rem;
  break-inside: avoid; }
.step h3 { font-size: 1.7rem; line-height: 1; margin: 0 0 .6rem; }
.step h3 small { font-size: .85rem; font-weight: 400; color: #5b6370; margin-left: .7rem; }
.step ul { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin: 0 0 .7rem;
  padding: 0; }
.step li { display: flex; align-items: center; gap: .5rem; }
.views { display: flex; gap: 1rem; align-items: center; }
.views figure { flex: 3; margin: 0; text-align: center; min-width: 0; }
.views img { max-width: 100%; height: auto; }
.views .plan { flex: 2; min-width: 0; max-height: 24rem; }
.note { color: #a32020; margin: .6rem 0 0; }
footer { color: #5b6370; margin-top: 1.5rem; }
@media (max-width: 40rem) { .views { flex-direction: column; } .views .plan { width: 100%; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .cover { min-height: 90vh; display: flex; flex-direction: column; justify-content: center;
    align-items: center; }
  .cover img { max-height: 165mm; }
  .cover, .inventory { break-after: page; }
  h2 { margin-top: 0; break-after: avoid; }
  tr { break-inside: avoid; }
  .step { margin-bottom: 5mm; }
  .views img { max-height: 92mm; width: auto; }
  .views .plan { max-height: 80mm; }
}
"""
"""Plain CSS; everything that must show on paper is text or SVG, since printers drop backgrounds."""
