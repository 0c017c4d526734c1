import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../src/api/routes/table.js';
import type { Plot } from './plot.js';
import { client } from './session.js';

type History = Answer<'GET /history'>;
const day = 86_400_000;
const spans = { day, week: 7 * day, month: 30 * day } as const;
type Span = keyof typeof spans;
const isSpan = (word: string): word is Span => word in spans;

interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly lines: Plot['lines'];
}

/** The history's word for jobs that no environment serves. */
const unserved = '(unserved)';
const scaled = (values: readonly (number | null)[], factor: number): (number | null)[] => values.map((value) => (value === null ? null : value * factor));

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const total = (values: readonly (number | null)[]): number => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
/** Nothing is said of a time of which nothing is known. */
function energyText({ energyKWh, alwaysOnKWh }: History['site']): string {
  if (energyKWh.every((value) => value === null)) return '';
  const [used, always] = [total(energyKWh), total(alwaysOnKWh)];
  const saved = always > used ? `, ${number.format(always - used)} (${Math.round((100 * (always - used)) / always)} %) saved` : '';
  return `; ${number.format(used)} kWh in all${saved}`;
}
/** Hosts' controllers tell what they draw, or it is worked out from watts of the configuration. */
function howKnown(measured: readonly (number | null)[]): string {
  const known = measured.filter((value) => value !== null);
  const share = known.length === 0 ? 0 : total(known) / known.length;
  return share > 0.995 ? 'measured' : share > 0.005 ? `${Math.round(100 * share)} % measured, else estimated` : 'estimated';
}
const stepName = (ms: number): string => (ms >= 3_600_000 ? 'hour' : ms === 60_000 ? 'minute' : `${ms / 60_000} minutes`);

/** Steps that are drawn at least. */
const leastSteps = 10;

/** Demand against supply, and waiting times, of each environment; then the hosts. */
export function figuresOf(history: History): readonly Figure[] {
  const named = Object.entries(history.environments).sort(([a], [b]) => Number(a === unserved) - Number(b === unserved));
  const environments = named.flatMap(([key, env]): Figure[] => {
    const name = key === unserved ? 'Jobs that nobody serves' : key;
    return [
      {
        title: `${name}: slots`,
        unit: '',
        lines: [
          { name: 'waiting for', values: env.waitingSlots, color: 2 },
          { name: 'there', values: env.slots, color: 0 },
          { name: 'in use', values: env.busySlots, color: 1, filled: true },
        ],
      },
      {
        title: `${name}: waiting time of jobs that started`,
        unit: 'min',
        lines: [
          { name: 'mean', values: scaled(env.waitMeanMs, 1 / 60_000), color: 0 },
          { name: '95 %', values: scaled(env.waitP95Ms, 1 / 60_000), color: 2 },
        ],
      },
    ];
  });
  const { site } = history;
  const figures: readonly Figure[] = [
    ...environments,
    {
      title: 'Hosts',
      unit: '',
      lines: [
        { name: 'on', values: site.hostsOn, color: 1, filled: true },
        { name: 'off', values: site.hostsOff, color: 0 },
        { name: 'silent', values: site.hostsUnknown, color: 2 },
      ],
    },
    { title: 'Cores of hosts that are on, in use', unit: '%', lines: [{ name: 'in use', values: scaled(site.utilisation, 100), color: 1, filled: true }] },
    {
      title: `Energy, ${howKnown(site.measured)}`,
      unit: `kWh in each ${stepName(history.stepMs)}${energyText(site)}`,
      lines: [
        { name: 'used', values: site.energyKWh, color: 2, filled: true },
        { name: 'had all hosts been on', values: site.alwaysOnKWh, color: 0 },
      ],
    },
    ...(site.wakeWaitHours.some((value) => (value ?? 0) > 0)
      ? [
          {
            title: 'Jobs that waited for a host to come up',
            unit: `job hours in each ${stepName(history.stepMs)}; ${number.format(total(site.wakeWaitHours))} in all`,
            lines: [{ name: 'waited', values: site.wakeWaitHours, color: 2 as const, filled: true }],
          },
        ]
      : []),
    { title: 'Power, estimated', unit: 'kW', lines: [{ name: 'power', values: scaled(site.powerW, 1 / 1000), color: 0, filled: true }] },
  ];
  const told = figures.filter(({ lines }) => lines.some(({ values }) => values.some((value) => value !== null)));
  return told.length > 0 ? told : figures;
}

/** Where the history begins within what was asked for: what lies before is not drawn. */
function knownFrom({ at, site }: History): number {
  const first = site.hostsUnknown.findIndex((value) => value !== null);
  return Math.max(0, Math.min(first, at.length - leastSteps));
}

function Drawing({ figure, at, from }: { figure: Figure; at: readonly number[]; from: number }) {
  const box = useRef<HTMLDivElement>(null);
  const isEmpty = figure.lines.every(({ values }) => values.every((value) => value === null));
  useEffect(() => {
    const place = box.current;
    if (place === null || isEmpty) return undefined;
    let end: (() => void) | undefined;
    let over = false;
    void import('./plot.js').then(({ plot }) => {
      if (!over)
        end = plot(place, { at: at.slice(from), unit: figure.unit, lines: figure.lines.map((line) => ({ ...line, values: line.values.slice(from) })) });
    });
    return () => {
      over = true;
      end?.();
    };
  }, [figure, at, from, isEmpty]);
  return (
    <figure class="card plot">
      <figcaption>
        {figure.title} {figure.unit !== '' && <span class="quiet">{figure.unit}</span>}
      </figcaption>
      {isEmpty ? <p class="quiet">nothing known of this time</p> : <div ref={box} />}
    </figure>
  );
}

export function Time({ span }: { span: string }) {
  const chosen: Span = isSpan(span) ? span : 'day';
  const [history, setHistory] = useState<History>();
  const [failed, setFailed] = useState('');
  useEffect(() => {
    const over = new AbortController();
    const read = (): void => {
      const until = Date.now();
      client
        .ask('GET /history', { query: { since: until - spans[chosen], until } }, over.signal)
        .then((answer) => {
          setHistory(answer);
          setFailed('');
        })
        .catch((thrown: unknown) => over.signal.aborted || setFailed(thrown instanceof Error ? thrown.message : String(thrown)));
    };
    read();
    const again = setInterval(read, 60_000);
    return () => {
      clearInterval(again);
      over.abort();
    };
  }, [chosen]);
  const from = history === undefined ? 0 : knownFrom(history);
  return (
    <>
      <nav class="spans" aria-label="how far back">
        {Object.keys(spans).map((name) => (
          <a key={name} href={`#/time/${name}`} aria-current={name === chosen ? 'true' : undefined}>
            last {name}
          </a>
        ))}
      </nav>
      {failed !== '' && <p class="notice">{failed}</p>}
      {history !== undefined && (
        <div class="plots">
          {figuresOf(history).map((figure) => (
            <Drawing key={figure.title} figure={figure} at={history.at} from={from} />
          ))}
        </div>
      )}
      {history === undefined && failed === '' && <p class="empty">The history is being read …</p>}
    </>
  );
}
