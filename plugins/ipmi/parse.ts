import { Failure, type FailureKind } from '../../src/drivers/failure.js';

/** `Chassis Power is on`. Raises Failure `garbled`. */
export function parseStatus(text: string, what: string): { readonly on: boolean } {
  const word = /^Chassis Power is (on|off)\s*$/im.exec(text)?.[1]?.toLowerCase();
  if (word === undefined) throw new Failure('garbled', `${what}: ${JSON.stringify(text.slice(0, 100))} says neither on nor off`);
  return { on: word === 'on' };
}

/** `Instantaneous power reading: 128 Watts`, where the measurement is active; undefined where nothing is measured. */
export function parseWatts(text: string): number | undefined {
  const watts = Number(/^\s*Instantaneous power reading:\s+(\d{1,6}) Watts\s*$/im.exec(text)?.[1]);
  const isActive = !/^\s*Power reading state is:\s+deactivated/im.test(text);
  return isActive && watts > 0 ? watts : undefined;
}

/** What ipmitool says, the first that matches counts; without a session nothing was begun. */
const said: readonly (readonly [RegExp, FailureKind])[] = [
  [/insufficient privilege|unauthorized name|password|rakp 2|hmac is invalid|privilege level/i, 'denied'],
  [/unable to establish|could not open socket|address lookup|no route|invalid hostname|unreachable/i, 'unreachable'],
  [/node busy|out of space|insufficient resources/i, 'busy'],
  [/not supported in present state|command not supported|invalid command/i, 'refused'],
];

/** Why ipmitool ended with another status than 0. What nobody knows is `uncertain`: it may have been sent. */
export const kindOf = (stderr: string): FailureKind => said.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'uncertain';

/** The first lines of what it complained, without control characters. */
export const complaint = (stderr: string): string =>
  stderr
    .replace(/[^\x20-\x7e\n]/g, '?')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 2)
    .join(' / ')
    .slice(0, 300);
