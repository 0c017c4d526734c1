import type { ImageVersion } from './host.js';

/** Natural order of version names: numbers by value, the rest by code units (`9.2` before `9.10`). */
export function versionOrder(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] ?? '';
    const y = right[i] ?? '';
    if (x === y) continue;
    const numbers = /^\d/.test(x) && /^\d/.test(y);
    const difference = numbers ? Number(x) - Number(y) : 0;
    if (difference !== 0) return difference;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** The version of the image to boot on a host that sees `images`: the newest, or the named one; undefined when it is not there. */
export function versionOn(images: readonly ImageVersion[], wanted: { readonly name: string; readonly version: string }): string | undefined {
  let best: string | undefined;
  for (const { name, version } of images) {
    if (name !== wanted.name || (wanted.version !== 'latest' && version !== wanted.version)) continue;
    if (best === undefined || versionOrder(version, best) > 0) best = version;
  }
  return best;
}
