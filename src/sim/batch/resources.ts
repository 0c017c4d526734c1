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
  const needs: NodeNeed[] = [];
  for (const part of spec.replace(/#.*$/, '').split('+')) {
    const words = part.split(':');
    let [count, ppn] = [1, 1];
    const properties: string[] = [];
    const extras: string[] = [];
    for (const [at, word] of words.entries()) {
      const ppnOf = /^ppn=(\d+)$/.exec(word);
      if (word === '') return undefined;
      if (at === 0 && /^\d+$/.test(word)) count = Number(word);
      else if (ppnOf !== null) ppn = Number(ppnOf[1]);
      else if (word.includes('=')) extras.push(word);
      else properties.push(word);
    }
    if (count < 1 || ppn < 1) return undefined;
    needs.push({ count, ppn, properties, extras });
  }
  return needs;
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
