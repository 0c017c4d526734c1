import UPlot from 'uplot';

export interface Plot {
  /** Starts of the steps, epoch ms. */
  readonly at: readonly number[];
  readonly unit: string;
  readonly lines: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    /** One of the page's line colours. */
    readonly color: 0 | 1 | 2;
    readonly filled?: boolean;
  }[];
}

const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const moment = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** Draws into `place`, as wide as it is, in the page's colours; the function returned removes it. */
export function plot(place: HTMLElement, { at, unit, lines }: Plot): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let drawn: UPlot | undefined;
  const draw = (): void => {
    drawn?.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    drawn = new UPlot(
      {
        width: place.clientWidth || 320,
        height: 170,
        cursor: { points: { size: 6 } },
        legend: { live: true },
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] } },
        axes: [
          { ...axis, values: (_, splits, __, ___, step) => splits.map((each) => (step < 86_400 ? hour : day).format(each * 1000)) },
          { ...axis, size: 44, values: (_, splits) => splits.map((each) => number.format(each)) },
        ],
        series: [
          { value: (_: UPlot, at: number | null) => (at === null ? '' : moment.format(at * 1000)) },
          ...lines.map((line) => ({
            label: line.name,
            stroke: color(`--plot-${line.color}`),
            width: 1.5,
            points: { show: false },
            ...(line.filled === true ? { fill: color(`--fill-${line.color}`) } : {}),
            value: (_: UPlot, value: number | null) => (value === null ? '–' : `${number.format(value)} ${unit.split(' ')[0]}`),
          })),
        ],
      },
      [at.map((each) => each / 1000), ...lines.map(({ values }) => [...values])],
      place,
    );
  };
  const resized = new ResizeObserver(() => drawn !== undefined && place.clientWidth > 0 && drawn.setSize({ width: place.clientWidth, height: 170 }));
  draw();
  resized.observe(place);
  dark.addEventListener('change', draw);
  return () => {
    resized.disconnect();
    dark.removeEventListener('change', draw);
    drawn?.destroy();
  };
}
