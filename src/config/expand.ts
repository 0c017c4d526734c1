import { isIPv4 } from 'node:net';

/** Many from one line, or the sentence that says what was expected. */
export type Expanded = { readonly values: readonly string[] } | { readonly expected: string };

const most = 10_000;

/** `grid-[01-08].example.org` -> eight names, the width of the first number kept; `[1,3,7-9]` too; one bracket. A name without bracket is itself. */
export function expandNames(pattern: string): Expanded {
  const found = /^([^[\]]*)\[([^[\]]*)\]([^[\]]*)$/.exec(pattern);
  if (found === null) return /[[\]]/.test(pattern) ? { expected: 'one range in brackets, such as wn[01-08]' } : { values: [pattern] };
  const [, before = '', inside = '', after = ''] = found;
  const values: string[] = [];
  for (const part of inside.split(',')) {
    const range = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
    if (range === null) return { expected: 'numbers in the brackets, such as [01-08] or [1,3,7-9]' };
    const [, first = '', last = first] = range;
    if (Number(last) < Number(first)) return { expected: `a range that rises (${last}-${first})` };
    if (Number(last) - Number(first) + values.length >= most) return { expected: `at most ${most} names` };
    for (let n = Number(first); n <= Number(last); n++) values.push(`${before}${String(n).padStart(first.length, '0')}${after}`);
  }
  return { values };
}

const toNumber = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const toAddress = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');

/** `10.1.2.1-10.1.2.8` -> eight IPv4 addresses; one address is itself. */
export function expandAddresses(text: string): Expanded {
  const [first = '', last = first, ...rest] = text.split('-').map((part) => part.trim());
  if (!isIPv4(first) || !isIPv4(last) || rest.length > 0) return { expected: 'an IPv4 address or a range such as 10.1.2.1-10.1.2.8' };
  const from = toNumber(first);
  const count = toNumber(last) - from + 1;
  if (count < 1) return { expected: `a range that rises (${last}-${first})` };
  if (count > most) return { expected: `at most ${most} addresses` };
  return { values: Array.from({ length: count }, (_, i) => toAddress(from + i)) };
}

const macGrammar = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const toMac = (n: number): string => (n.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');

/** `00:16:3e:00:00:01-00:16:3e:00:00:08` -> eight addresses in lower case; one is itself. Group addresses are refused. */
export function expandMacs(text: string): Expanded {
  const [first = '', last = first, ...rest] = text
    .toLowerCase()
    .split('-')
    .map((part) => part.trim());
  if (!macGrammar.test(first) || !macGrammar.test(last) || rest.length > 0)
    return { expected: 'a MAC address or a range such as 00:16:3e:00:00:01-00:16:3e:00:00:08' };
  if (Number.parseInt(first.slice(0, 2), 16) % 2 === 1) return { expected: 'the MAC address of one machine (the first byte is even)' };
  const from = Number.parseInt(first.replaceAll(':', ''), 16);
  const count = Number.parseInt(last.replaceAll(':', ''), 16) - from + 1;
  if (count < 1) return { expected: `a range that rises (${last}-${first})` };
  if (count > most) return { expected: `at most ${most} addresses` };
  return { values: Array.from({ length: count }, (_, i) => toMac(from + i)) };
}
