import { span } from '../model/reason.js';
import { harmless, type Paint } from './screen.js';

/** How long ago, or how long from now: `3 min`. */
export const ago = (at: number | undefined, now: number): string | undefined => (at === undefined ? undefined : span(Math.max(0, now - at)));

/** `2 cores, 4 GiB`. */
export const sizeText = (cores: number, memoryMiB: number): string => `${cores} core${cores === 1 ? '' : 's'}, ${memoryText(memoryMiB)}`;

/** MiB as people write them: `512 MiB`, `4 GiB`, `1.5 GiB`. */
export function memoryText(memoryMiB: number): string {
  if (memoryMiB < 1024) return `${memoryMiB} MiB`;
  const gib = memoryMiB / 1024;
  return `${Number.isInteger(gib) ? gib : gib.toFixed(1)} GiB`;
}

const subjectNames: Readonly<Record<string, string>> = { group: 'jobs of this kind', source: 'batch server' };

/** `machine:grid-07#3` as `machine grid-07#3`; a group of jobs by what it is rather than by its key. */
export function subjectText(subject: string): string {
  const at = subject.indexOf(':');
  const kind = at < 0 ? subject : subject.slice(0, at);
  if (kind === 'group') return 'jobs of this kind';
  return harmless(at < 0 ? subject : `${subjectNames[kind] ?? kind} ${subject.slice(at + 1)}`);
}

/** Colour of a machine's phase. */
export function phasePaint(phase: string): Paint | undefined {
  if (phase === 'ready') return 'green';
  if (phase === 'failed' || phase === 'lost') return 'red';
  return phase === 'draining' || phase === 'stopping' ? 'yellow' : 'cyan';
}

/** One word of a command line, quoted for a shell where it must be. */
export const quoted = (word: string): string => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
export const commandLine = (argv: readonly string[]): string => argv.map(quoted).join(' ');
