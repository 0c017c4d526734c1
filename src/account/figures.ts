import { span } from '../model/reason.js';
import type { Report, ReportRow } from './report.js';

/** A number for people: three digits that count, no more. */
export const figure = (value: number): string => (value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3))));
const percent = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${Math.round(value * 100)} %`);
const time = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : span(ms));

/** The columns of a report, in order: for the table and the page as people read them, for CSV as numbers in the unit of the name. */
export const columns: readonly {
  readonly title: string;
  readonly csv: string;
  readonly text: (row: ReportRow) => string | undefined;
  readonly value: (row: ReportRow) => number | undefined;
}[] = [
  { title: 'STARTED', csv: 'jobs_started', text: (row) => String(row.jobsStarted), value: (row) => row.jobsStarted },
  { title: 'ENDED', csv: 'jobs_ended', text: (row) => String(row.jobsEnded), value: (row) => row.jobsEnded },
  { title: 'REQUEUED', csv: 'jobs_requeued', text: (row) => String(row.jobsRequeued), value: (row) => row.jobsRequeued },
  { title: 'CORE HOURS', csv: 'core_hours', text: (row) => figure(row.coreHours), value: (row) => row.coreHours },
  {
    title: 'MACHINE HOURS',
    csv: 'machine_hours',
    text: (row) => (row.machineHours === undefined ? undefined : figure(row.machineHours)),
    value: (row) => row.machineHours,
  },
  { title: 'USED', csv: 'utilisation', text: (row) => percent(row.utilisation), value: (row) => row.utilisation },
  { title: 'WAIT MEAN', csv: 'wait_mean_seconds', text: (row) => time(row.waitMeanMs), value: ({ waitMeanMs }) => seconds(waitMeanMs) },
  { title: 'WAIT P95', csv: 'wait_p95_seconds', text: (row) => time(row.waitP95Ms), value: ({ waitP95Ms }) => seconds(waitP95Ms) },
  { title: 'KWH', csv: 'energy_kwh', text: (row) => figure(row.energyKWh), value: (row) => row.energyKWh },
];

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/** Days, hours and minutes: what nobody saw is not rounded away. */
export function exactly(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const parts = [[Math.floor(minutes / 1440), 'd'] as const, [Math.floor((minutes % 1440) / 60), 'h'] as const, [minutes % 60, 'min'] as const];
  return parts.flatMap(([value, unit]) => (value > 0 ? [`${value} ${unit}`] : [])).join(' ');
}

/** The newest minutes are not written yet. */
const leastMissingMs = 150_000;

/** What stands below the table, as sentences. */
export function remarks({ pastMs, coveredMs, energy, hosts }: Report): readonly string[] {
  const saved = energy.alwaysOnKWh - energy.usedKWh;
  const share = energy.alwaysOnKWh > 0 ? ` (${Math.round((100 * saved) / energy.alwaysOnKWh)} % less)` : '';
  const missing = pastMs - coveredMs;
  return [
    `energy, estimated: ${figure(energy.usedKWh)} kWh, with all hosts always on ${figure(energy.alwaysOnKWh)} kWh${share}; ${figure(energy.unusedKWh)} kWh went to what no machine used`,
    `hosts: ${figure(hosts.onHours)} hours on, ${figure(hosts.offHours)} off${hosts.unknownHours > 0 ? `, ${figure(hosts.unknownHours)} silent (in no figure of energy)` : ''}`,
    ...(missing > leastMissingMs
      ? [`nobody looked for ${exactly(missing)} of the ${exactly(pastMs)}: machine hours, utilisation and energy are without that time`]
      : []),
  ];
}

/** A field of CSV (RFC 4180). Names come from outside: one that a spreadsheet would take for a formula gets an apostrophe. */
export function csvField(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export function csvOf(report: Report): string {
  const head = [report.by, ...columns.map(({ csv }) => csv)];
  const lines = [...report.rows, report.total].map((row) => [row.name, ...columns.map(({ value }) => value(row))]);
  return [head, ...lines].map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}
