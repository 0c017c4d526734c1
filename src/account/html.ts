import { columns, remarks } from './figures.js';
import { escaped, type Plot, svgOf } from './plots.js';
import type { Report, ReportBar } from './report.js';

/** As many names as there are colours; the others are drawn together. */
const mostNames = 7;
const others = 'others';

const style = `:root{color-scheme:light dark;--ink:#1d2430;--paper:#fff;--line:#d5dae1;--soft:#5c6775}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ee;--paper:#14181f;--line:#313a46;--soft:#98a3b3}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:960px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}p{color:var(--soft);margin:.3rem 0}
table{border-collapse:collapse;width:100%;margin:1.2rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .5rem;border-bottom:1px solid var(--line);text-align:right}th:first-child,td:first-child{text-align:left}
thead th{font-size:.75rem;color:var(--soft);font-weight:600}tfoot td{font-weight:600;border-top:2px solid var(--line)}
.wide{overflow-x:auto}figure{margin:1.5rem 0}figcaption{font-weight:600}svg{width:100%;height:auto}
svg text{font-size:11px;fill:var(--soft)}.y{text-anchor:end;dominant-baseline:middle}.x{text-anchor:middle}.grid{stroke:var(--line)}
.legend span{margin-right:1rem;color:var(--soft);font-size:.85rem}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.35em}
path{fill:none;stroke-width:1.8;stroke-linecap:round}
${['#3b6fb6', '#d9822b', '#4b9b6e', '#b84a5b', '#7a63b8', '#2f9aa8', '#a1803c', '#7b8794']
  .map((colour, at) => `.c${at}{fill:${colour};background:${colour}}.l${at}{stroke:${colour}}`)
  .join('')}`;

/** The names with most core hours, and the rest as one. */
function tracesOf({ rows, bars }: Report): Plot['traces'] {
  const names = rows.filter(({ coreHours }) => coreHours > 0).map(({ name }) => name);
  const shown = names.length <= mostNames + 1 ? names : names.slice(0, mostNames);
  const rest = (bar: ReportBar): number => Object.entries(bar.coreHours).reduce((so, [name, hours]) => (shown.includes(name) ? so : so + hours), 0);
  const traces = shown.map((name) => ({ name, values: bars.map((bar) => bar.coreHours[name] ?? 0) }));
  return shown.length === names.length ? traces : [...traces, { name: others, values: bars.map(rest) }];
}

function plotsOf(report: Report, labels: readonly string[]): readonly Plot[] {
  const { bars, by } = report;
  const per = report.barMs <= 3_600_000 ? 'hour' : report.barMs <= 86_400_000 ? 'day' : 'week';
  return [
    { title: `Delivered core hours by ${by}`, unit: `hours per ${per}`, kind: 'bars', traces: tracesOf(report), labels },
    {
      title: 'Energy, estimated',
      unit: `kWh per ${per}`,
      kind: 'lines',
      traces: [
        { name: 'used', values: bars.map(({ energyKWh, alwaysOnKWh }) => (alwaysOnKWh > 0 ? energyKWh : undefined)) },
        { name: 'all hosts always on', values: bars.map(({ alwaysOnKWh }) => (alwaysOnKWh > 0 ? alwaysOnKWh : undefined)) },
      ],
      labels,
    },
    {
      title: 'Utilisation of powered cores',
      unit: '%',
      kind: 'lines',
      traces: [{ name: 'cores with jobs / cores on', values: bars.map(({ utilisation }) => (utilisation === undefined ? undefined : 100 * utilisation)) }],
      labels,
    },
    {
      title: 'Waiting time of started jobs, 95 % waited less',
      unit: 'minutes',
      kind: 'lines',
      traces: [{ name: 'p95', values: bars.map(({ waitP95Ms }) => (waitP95Ms === undefined ? undefined : waitP95Ms / 60_000)) }],
      labels,
    },
  ];
}

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. `shown` writes an instant in local time (`2026-01-05 14:00`). */
export function htmlOf(report: Report, title: string, shown: (at: number) => string): string {
  const labels = report.bars.map(({ at }) => (report.barMs <= 3_600_000 ? shown(at).slice(11, 16) : shown(at).slice(5, 10)));
  const cells = (row: Report['total'], tag: string): string =>
    `<tr><${tag}>${escaped(row.name)}</${tag}>${columns.map(({ text }) => `<td>${escaped(text(row) ?? '-')}</td>`).join('')}</tr>`;
  const head = `<tr><th>${report.by.toUpperCase()}</th>${columns.map((column) => `<th>${column.title}</th>`).join('')}</tr>`;
  const period = `${shown(report.since).slice(0, 16)} to ${shown(report.until).slice(0, 16)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}, ${escaped(period)}</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1><p>${escaped(period)}</p>
<div class="wide"><table><thead>${head}</thead><tbody>${report.rows.map((row) => cells(row, 'td')).join('')}</tbody><tfoot>${cells(report.total, 'td')}</tfoot></table></div>
${remarks(report)
  .map((line) => `<p>${escaped(line)}</p>`)
  .join('')}
${plotsOf(report, labels).map(svgOf).join('\n')}
</body></html>
`;
}
