import { span } from '../model/reason.js';
import type { EnergyReport, EnergyRow, Known } from './energy.js';
import { csvField, exactly, figure } from './figures.js';

const percent = (share: number | undefined): string | undefined => (share === undefined ? undefined : `${Math.round(share * 100)} %`);

/** How watts were known, the largest share first: `measured 80 %, configured 20 %`. */
export function knownText(known: Known | undefined): string | undefined {
  if (known === undefined) return undefined;
  const parts = (['measured', 'configured', 'assumed'] as const).flatMap((how) => (known[how] >= 0.005 ? [{ how, share: known[how] }] : []));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.how;
  return parts
    .sort((a, b) => b.share - a.share)
    .map(({ how, share }) => `${how} ${percent(share)}`)
    .join(', ');
}

/** The columns of the account of energy, as people read them, and for CSV. */
export const energyColumns: readonly {
  readonly title: string;
  readonly csv: string;
  readonly text: (row: EnergyRow) => string | undefined;
  readonly value: (row: EnergyRow) => number | undefined;
}[] = [
  { title: 'KWH', csv: 'used_kwh', text: (row) => figure(row.usedKWh), value: (row) => row.usedKWh },
  { title: 'ALWAYS ON', csv: 'always_on_kwh', text: (row) => figure(row.alwaysOnKWh), value: (row) => row.alwaysOnKWh },
  { title: 'SAVED', csv: 'saved_kwh', text: (row) => figure(row.savedKWh), value: (row) => row.savedKWh },
  { title: '', csv: 'saved_share', text: (row) => percent(row.savedShare), value: (row) => row.savedShare },
  { title: 'HOURS ON', csv: 'on_hours', text: (row) => figure(row.onHours), value: (row) => row.onHours },
  { title: 'OFF', csv: 'off_hours', text: (row) => figure(row.offHours), value: (row) => row.offHours },
  { title: 'SILENT', csv: 'unknown_hours', text: (row) => figure(row.unknownHours), value: (row) => row.unknownHours },
  {
    title: 'JOB HOURS WAITED',
    csv: 'waited_job_hours',
    text: (row) => (row.waitedHours === undefined ? undefined : figure(row.waitedHours)),
    value: (row) => row.waitedHours,
  },
  { title: 'WATTS', csv: 'measured_share', text: (row) => knownText(row.known), value: (row) => row.known?.measured },
];

const howSaid: Readonly<Record<keyof Known, string>> = {
  measured: 'read from the hosts’ own controllers',
  configured: 'by the watts that the configuration gives',
  assumed: 'by the watts of another machine (off 9.75, idle 95, busy 190.7), because the configuration gives none',
};

/** The newest minutes are not written yet. */
const leastMissingMs = 150_000;

/** What stands below the table, as sentences. */
export function energyRemarks({ total, waiting, pastMs, coveredMs }: EnergyReport): readonly string[] {
  const { known } = total;
  const how = (['measured', 'configured', 'assumed'] as const).flatMap((way) =>
    known !== undefined && known[way] >= 0.005 ? [`${percent(known[way])} ${howSaid[way]}`] : [],
  );
  const missing = pastMs - coveredMs;
  const perJob = waiting.perJobMs === undefined ? '' : `, ${span(waiting.perJobMs)} for each of the ${waiting.jobsStarted} that started`;
  return [
    how.length === 0 ? 'nothing is known of any host in this time' : `how the watts were known, by the time of hosts: ${how.join('; ')}`,
    `waiting: jobs waited ${figure(waiting.hours)} hours while a host was switched on for them${perJob} (${figure(waiting.allHours)} hours in all, for whatever reason)`,
    ...(total.unknownHours > 0 ? [`hosts were silent for ${figure(total.unknownHours)} hours: these are in no figure of energy`] : []),
    ...(missing > leastMissingMs ? [`nobody looked for ${exactly(missing)} of the ${exactly(pastMs)}: that time is in no figure`] : []),
  ];
}

export function energyCsv(report: EnergyReport): string {
  const head = [report.by, ...energyColumns.map(({ csv }) => csv)];
  const lines = [...report.rows, report.total].map((row) => [row.name, ...energyColumns.map(({ value }) => value(row))]);
  return [head, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}
