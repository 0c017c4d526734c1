import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../drivers/failure.js';

/** Incompatible features of a qcow2 that make nobody read another file: dirty, corrupt, compression type, extended L2 (its specification, docs/interop/qcow2.txt of QEMU). Bit 2 is an external data file. */
const harmless = 0b11011n;

/** Why a disk's header is not to be handed to qemu-img; undefined where it may be. What it stands on is not looked at. */
export function unsafeHeader(head: Buffer): string | undefined {
  if (head.length < 72 || head.readUInt32BE(0) !== 0x514649fb) return 'is no qcow2';
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `is a qcow2 of version ${version}`;
  if (version === 2) return undefined;
  const features = head.length < 80 ? harmless + 1n : head.readBigUInt64BE(72);
  return (features & ~harmless) === 0n ? undefined : 'keeps its data in another file, or has features that are not known here';
}

/**
 * Copies a disk that somebody else may write to where nobody can, and looks at the copy's header: what it names would be
 * read as root. Raises Failure `refused` for a link, for what is no plain file, and for a header that is not safe.
 */
export async function ownCopy(file: string, to: string, signal: AbortSignal): Promise<void> {
  const from = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ELOOP') throw new Failure('refused', `${file} is a link: a disk is a file`, { cause: thrown });
    throw thrown;
  });
  try {
    if (!(await from.stat()).isFile()) throw new Failure('refused', `${file} is no plain file`);
    const out = await open(to, 'wx', 0o600);
    await pipeline(from.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }), out.createWriteStream(), { signal });
  } finally {
    await from.close();
  }
  await refuseUnsafe(to, file);
}

/** Raises Failure `refused` where the header of a qcow2 file is not safe. */
export async function refuseUnsafe(file: string, called = file): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(80), 0, 80, 0);
    const why = unsafeHeader(buffer.subarray(0, bytesRead));
    if (why !== undefined) throw new Failure('refused', `${called} ${why}`);
  } finally {
    await handle.close();
  }
}
