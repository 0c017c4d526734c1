import { z } from 'zod';

/** Pieces of a file that are summed one by one, bytes: a copy that was cut off goes on at the first piece that is wrong. */
export const pieceBytes = 8 * 1024 * 1024;

const sum = z.string().regex(/^[0-9a-f]{64}$/);
export const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const plainFile = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}$/;

const file = z.strictObject({
  name: z.string().regex(plainFile),
  bytes: z.int().nonnegative(),
  sha256: sum,
  /** SHA-256 of every `pieceBytes` of it, in order. */
  pieces: z.array(sum),
});
export type ImageFile = z.output<typeof file>;

/** What an image version is, `image.json` in its folder: which files, with their sums, and where they come from. */
export const manifestSchema = z.strictObject({
  v: z.literal(1),
  name: z.string().regex(plainName),
  version: z.string().regex(plainName),
  /** Epoch ms. */
  madeAt: z.int(),
  how: z.enum(['build', 'import', 'from-machine']),
  /** The recipe's file, the imported file, or the machine. */
  from: z.string().max(500),
  /** Virtual size of the root disk, MiB: no overlay may be smaller. */
  diskMiB: z.int().positive(),
  pieceBytes: z.int().positive(),
  /** The kernel's release, where it is known. */
  kernel: z.string().max(100).optional(),
  /** SHA-256 of the recipe with everything that it puts in; absent for imports. */
  recipe: sum.optional(),
  /** Debian packages in it, `NAME VERSION`. */
  packages: z.array(z.string().max(200)).max(20_000).optional(),
  files: z.array(file).min(1).max(20),
});
export type Manifest = z.output<typeof manifestSchema>;

export const manifestFile = 'image.json';
export const diskFile = 'disk.qcow2';

/** Text of a manifest; undefined where it is none. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // no JSON: said by whoever asked
  }
}

export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, undefined, 1)}\n`;
export const bytesOf = (manifest: Manifest): number => manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
