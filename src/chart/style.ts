import { colours } from './palette.js';

const tones = (side: 'light' | 'dark'): string => colours.map((each, index) => `--t${index}:${each[side]};`).join('');

const light = `--page:#ffffff;--card:#f5f7f9;--ink:#14202b;--soft:#51606d;--rule:#d5dce2;--shade:#80909e;--good:#00684a;--bad:#a3271b;${tones('light')}`;
const dark = `--page:#10161c;--card:#1a232b;--ink:#e9eef2;--soft:#a3b1bd;--rule:#33404b;--shade:#7d8d9a;--good:#45d3a3;--bad:#ff9a8c;${tones('dark')}`;

/** Colours of the page in light, dark and print, and how a plot is laid out. Has no `<` and no `&`: it may stand in a `style` element of HTML and XML. */
export const chartStyle = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{color-scheme:light;${light}}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
${colours.map(({ dash }, index) => `.t${index}{--c:var(--t${index});--d:${dash.replaceAll(' ', ',')}}`).join('')}
.plot{padding:.6rem .6rem 1.6rem 3.6rem}
.box{position:relative;height:var(--h)}
.box svg{position:absolute;inset:0;width:100%;height:100%;overflow:hidden;display:block}
.grid{stroke:var(--rule);stroke-width:1;fill:none;vector-effect:non-scaling-stroke}
.line{stroke:var(--c);stroke-width:2;stroke-dasharray:var(--d);stroke-linejoin:round;fill:none;vector-effect:non-scaling-stroke}
.line.thin{stroke-width:1.2}.line.bold{stroke-width:3}.line.whole{stroke-dasharray:none}
.area{fill:var(--c);stroke:none}.area.pale{opacity:.38}.area.faint{opacity:.16}.area.edged{stroke:var(--page);stroke-width:.6;vector-effect:non-scaling-stroke}
.shade{fill:var(--shade);opacity:.18}
.box span{position:absolute;font-size:.75rem;line-height:1;white-space:nowrap;color:var(--soft);font-variant-numeric:tabular-nums}
.box .y{right:calc(100% + .4rem);transform:translateY(50%)}
.box .x{top:calc(100% + .4rem);transform:translateX(-50%)}
.box .x.end{transform:translateX(-100%)}.box .x.start{transform:none}
.box .note{color:var(--c,var(--ink));font-weight:600;text-shadow:0 0 3px var(--page),0 0 3px var(--page),0 0 3px var(--page);transform:translateY(50%)}
.box .note.left{transform:translate(-100%,50%)}
.box .hair{position:absolute;top:0;bottom:0;width:1px;background:var(--ink);opacity:.6;pointer-events:none}
.box .tip{position:absolute;top:.2rem;z-index:2;padding:.35rem .5rem;font-size:.75rem;line-height:1.35;background:var(--page);color:var(--ink);border:1px solid var(--soft);border-radius:.3rem;pointer-events:none;white-space:nowrap}
.tip b,.tip i{display:block;font-style:normal}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.3rem 0;padding:0;font-size:.85rem}
.key li{display:flex;align-items:center;gap:.4rem}
.key svg{width:2rem;height:.75rem;flex:none}
@media (max-width:40rem){.plot{padding-left:2.7rem;padding-right:.2rem}.box .minor{display:none}}
@media print{.plot,figure{break-inside:avoid}.box .hair,.box .tip{display:none}}
`.trim();
