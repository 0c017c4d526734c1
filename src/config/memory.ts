import type { Written } from './duration.js';

const unitMiB = { KiB: 1 / 1024, MiB: 1, GiB: 1024, TiB: 1024 * 1024 } as const;
const mostMiB = 1024 * unitMiB.TiB;
const decimal: Readonly<Record<string, string>> = { k: 'KiB', m: 'MiB', g: 'GiB', t: 'TiB' };

/** `512MiB`, `2GiB`, `1.5GiB`, `1TiB`: whole MiB, up to 1024 TiB. Value in MiB. */
export function readMebibytes(text: string): Written {
  const word = text.trim();
  if (/^[\d.]+$/.test(word)) return { expected: `a unit (${word}MiB, ${word}GiB)` };
  const found = /^(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]{1,3})$/.exec(word);
  const digits = found?.[1];
  const unit = found?.[2];
  if (digits === undefined || unit === undefined) return { expected: 'a size such as 512MiB or 2GiB' };
  if (!(unit in unitMiB)) {
    const meant = decimal[unit.charAt(0).toLowerCase()];
    return { expected: meant === undefined ? 'a size such as 512MiB or 2GiB' : `a size in powers of 1024, such as ${digits}${meant}` };
  }
  const value = Number(digits) * unitMiB[unit as keyof typeof unitMiB];
  if (!Number.isInteger(value)) return { expected: 'a whole number of MiB' };
  return value <= mostMiB ? { value } : { expected: 'a size of at most 1024TiB' };
}

/** The shortest exact way to write it: `2GiB`, `1536MiB`. */
export function writeMebibytes(mib: number): string {
  for (const unit of ['TiB', 'GiB'] as const) if (mib > 0 && mib % unitMiB[unit] === 0) return `${mib / unitMiB[unit]}${unit}`;
  return `${mib}MiB`;
}
