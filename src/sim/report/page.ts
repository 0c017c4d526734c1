import { createHash } from 'node:crypto';
import { hoverScript } from '../../chart/hover.js';
import { type Child, element, ours } from '../../chart/markup.js';
import { chartStyle } from '../../chart/style.js';

const pageStyle = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",sans-serif}
main{max-width:70rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1{font-size:clamp(1.6rem,4.5vw,2.6rem);line-height:1.18;margin:.2rem 0 .8rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.3rem;margin:0 0 .5rem;line-height:1.25}
h3{font-size:1rem;margin:0}
small{font-size:.8rem;color:var(--soft);font-weight:400}
p{margin:.4rem 0 .8rem;max-width:46rem}
.over{color:var(--soft);font-size:.9rem;margin:0}
.lead{font-size:1.1rem}
section.part{margin-top:3rem}
figure{margin:1.2rem 0;min-width:0}
figcaption{font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem;margin:1.4rem 0}
.card{background:var(--card);border-radius:.6rem;padding:1rem 1.1rem;border-top:.3rem solid var(--soft);break-inside:avoid;min-width:0}
.card.good{border-color:var(--good)}.card.bad{border-color:var(--bad)}
.card h2{font-size:.95rem;font-weight:600;color:var(--soft);margin:0}
.figure{font-size:2.5rem;line-height:1.1;font-weight:700;margin:.2rem 0;font-variant-numeric:tabular-nums}
.card.good .figure{color:var(--good)}.card.bad .figure{color:var(--bad)}
.says{margin:.2rem 0 .6rem;font-size:.95rem}
.bars{font-size:.8rem}.bars p{margin:.6rem 0 0;font-weight:600;color:var(--soft)}.bars ul{list-style:none;margin:0;padding:0}
.bars li{max-width:none;display:grid;grid-template-columns:1fr auto;gap:0 .6rem;align-items:baseline;margin:.35rem 0}
.bars .track{grid-column:1/-1;height:.5rem;background:var(--rule);border-radius:.25rem;overflow:hidden}
.bars .bar{display:block;height:100%;background:var(--c)}
.bars .value{font-variant-numeric:tabular-nums}
.warning{border:2px solid var(--bad);border-radius:.6rem;padding:.6rem 1rem;margin:1rem 0}
.sound,.mild{border-left:.3rem solid var(--good);padding:.1rem .8rem;margin:1rem 0}.mild{border-color:var(--soft)}
.terms{display:grid;gap:.6rem 1.4rem;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));margin:1rem 0}
.terms dt{font-weight:600}.terms dd{margin:0;font-size:.95rem}
.facts{margin:.8rem 0}
.facts div{display:grid;grid-template-columns:11rem 1fr;gap:0 1rem;padding:.4rem 0;border-top:1px solid var(--rule);break-inside:avoid}
.facts dt{font-weight:600}.facts dd{margin:0;overflow-wrap:anywhere}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:.5rem 1.5rem}
.panel{margin:.6rem 0;break-inside:avoid}
.panel .plot+.plot{padding-top:0}
.panel .plot{padding-bottom:.9rem}.panel .plot:last-child{padding-bottom:1.6rem}
.scroll{overflow-x:auto}.tabled{margin:1.6rem 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;min-width:100%}
td{white-space:nowrap}th,td{padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}
tbody th,thead td:first-child,thead th:first-child,.runs td:first-child{text-align:left}
thead th{vertical-align:bottom;border-bottom:2px solid var(--soft)}
td small,th small{display:block;font-size:.88em}
.panels+p{margin-top:1rem}.swatch{display:block;width:2rem;height:.75rem;margin-left:auto}
td.longer{color:var(--bad)}td.shorter{color:var(--good)}
details{margin:1rem 0}summary{cursor:pointer;font-weight:600}
code{font-family:ui-monospace,"Liberation Mono","DejaVu Sans Mono",monospace;font-size:.85rem;background:var(--card);padding:.1rem .3rem;overflow-wrap:anywhere}
li{max-width:46rem}
footer{margin-top:3rem;color:var(--soft);font-size:.85rem}
:focus-visible{outline:2px solid var(--t0);outline-offset:2px}
@media (max-width:40rem){main{padding:1rem .9rem 3rem}.facts div{grid-template-columns:1fr}tbody th{min-width:7.5rem;max-width:9rem;position:sticky;left:0;background:var(--page)}}
@media print{@page{margin:14mm}html{font-size:12px}main{padding:0;max-width:none}.cards{grid-template-columns:repeat(3,1fr)}.terms{grid-template-columns:repeat(4,1fr)}.panels{grid-template-columns:1fr 1fr}.terms div,.tabled{break-inside:avoid}section.part{margin-top:1.6rem}details::details-content{content-visibility:visible;height:auto}.scroll{overflow:visible}table{font-size:.8rem}h2,h3,figcaption{break-after:avoid}tr{break-inside:avoid}}
`.trim();

const hashed = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** One HTML file that needs nothing from anywhere: its policy allows its own style and the one script of the pointer, by its hash, and no connection at all. It is well-formed XML too. */
export function page(title: string, ...body: readonly Child[]): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashed(hoverScript)}; base-uri 'none'; form-action 'none'`;
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('meta', { name: 'referrer', content: 'no-referrer' }),
    element('title', {}, title),
    element('style', {}, ours(`${chartStyle}\n${pageStyle}`)),
  );
  const html = element(
    'html',
    { lang: 'en', xmlns: 'http://www.w3.org/1999/xhtml' },
    head,
    element('body', {}, element('main', {}, body), element('script', {}, ours(hoverScript))),
  );
  return `<!DOCTYPE html>\n${html.markup}\n`;
}
