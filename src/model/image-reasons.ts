import { type Args, t, v } from './spoken.js';

const mebibytes = (a: Args, key: string): string => `${Math.floor(Number(a[key] ?? 0) / (1024 * 1024))} MiB`;

/** What is said of images and their copies. */
export const imageSentences = {
  'drain-image': (a) => `runs image ${v(a, 'have')}, ${v(a, 'want')} is published`,
  'image-turnover': (a) =>
    `${v(a, 'count')} of ${v(a, 'of')} machine(s) do not run ${v(a, 'want')} yet: ${a['atOnce'] === 0 ? 'none is replaced by itself' : `replaced ${v(a, 'atOnce')} at a time`}`,
  'image-unproved': (a) =>
    `${v(a, 'count')} machine(s) stay as they are: no machine of ${v(a, 'want')} has become ready, and one has failed (domus image rollback)`,
  'image-outdated': (a) => `runs image ${v(a, 'have')}, ${v(a, 'want')} is wanted: replaced ${v(a, 'when')}`,
  'replica-copies': (a) =>
    `copies image ${v(a, 'image')} to its own disk, from ${v(a, 'from')}: ${mebibytes(a, 'bytes')} of ${a['ofBytes'] === 0 ? '?' : mebibytes(a, 'ofBytes')}`,
  'replica-waits': (a) => `has no copy of image ${v(a, 'image')} yet: ${v(a, 'why')}`,
  'replica-drops': (a) => `removes its copy of image ${v(a, 'image')}: nobody starts from it any more`,
  'replica-unset': (_) => 'keeps no copies of images: replicas is missing in its runner.json',
  'replica-failed': (a) => `a copy of image ${v(a, 'image')} failed: ${v(a, 'why')}; tried again in ${t(a, 'inMs')}`,
} as const satisfies Readonly<Record<string, (args: Args) => string>>;
