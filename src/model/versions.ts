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

/** The version of the image to boot on a host that sees `images`: the named one, the published one, else the newest; undefined when it is not there. */
export function versionOn(images: readonly ImageVersion[], wanted: { readonly name: string; readonly version: string }): string | undefined {
  let best: ImageVersion | undefined;
  for (const image of images) {
    if (image.name !== wanted.name || (wanted.version !== 'latest' && image.version !== wanted.version)) continue;
    if (best === undefined || isBefore(best, image)) best = image;
  }
  return best?.version;
}

/** What is published stands above what is only newer. */
function isBefore(a: ImageVersion, b: ImageVersion): boolean {
  if (a.current !== b.current) return b.current === true;
  return versionOrder(b.version, a.version) > 0;
}
