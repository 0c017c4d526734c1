/** One `+` part of `-l nodes=`. */
export interface NodeNeed {
  readonly count: number;
  readonly ppn: number;
  readonly properties: readonly string[];
  /** `gpus=2` and the like: no worker here has any. */
  readonly extras: readonly string[];
}

/** `2:ppn=2:sl5+wn07` as needs; undefined when it cannot be read. */
export function parseNodes(spec: string): readonly NodeNeed[] | undefined {
  const needs = spec.replace(/#.*$/, '').split('+').map(parseNeed);
  const read = needs.filter((need) => need !== undefined);
  return read.length === needs.length ? read : undefined;
}

/** `[count:]word...` */
function parseNeed(part: string): NodeNeed | undefined {
  const words = part.split(':');
  const count = /^\d+$/.test(words[0] ?? '') ? Number(words.shift()) : 1;
  const wide = words.findLast((word) => /^ppn=\d+$/.test(word));
  const ppn = wide === undefined ? 1 : Number(wide.slice('ppn='.length));
  const rest = words.filter((word) => !/^ppn=\d+$/.test(word));
  if (count < 1 || ppn < 1 || rest.includes('')) return undefined;
  return { count, ppn, properties: rest.filter((word) => !word.includes('=')), extras: rest.filter((word) => word.includes('=')) };
}

const known = new Set(
  'arch cput epilogue feature file gres host mem ncpus neednodes nice nodect nodes opsys other pcput pmem procs prologue pvmem qos size software trl vmem walltime naccesspolicy flags'.split(
    ' ',
  ),
);
export const isResource = (name: string): boolean => known.has(name);

/** `a=1,b=2` as pairs, in order. */
export function parsePairs(text: string): [string, string][] {
  return text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => {
      const at = item.indexOf('=');
      return at < 0 ? [item.trim(), ''] : [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    });
}

/** Seconds of `3600`, `01:00:00` or `01:00`; undefined when it is no duration. */
export function parseSeconds(text: string): number | undefined {
  if (!/^\d+(:\d+){0,3}$/.test(text)) return undefined;
  const factors = [1, 60, 3600, 86_400];
  return text
    .split(':')
    .reverse()
    .reduce((sum, part, at) => sum + Number(part) * factors[at]!, 0);
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/** MiB of `2gb`, `500mb`, `1048576` (bytes), `100kw` (words of 8 bytes), rounded up; undefined when it is no size. */
export function parseMiB(text: string): number | undefined {
  const match = /^(\d+)([kmgtp]?)([bw]?)$/i.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * units[match[2]!.toLowerCase()]! * (match[3]!.toLowerCase() === 'w' ? 8 : 1);
  return Math.ceil(bytes / 2 ** 20);
}
