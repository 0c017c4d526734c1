import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import { type ImageFile, type Manifest, pieceBytes } from './manifest.js';

/** Size and sums of a file, read once. Raises what reading raises. */
export async function summed(folder: string, name: string, signal: AbortSignal): Promise<ImageFile> {
  const whole = createHash('sha256');
  const pieces: string[] = [];
  const handle = await open(join(folder, name), 'r');
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    let bytes = 0;
    for (;;) {
      signal.throwIfAborted();
      const length = await fill(handle, buffer);
      if (length === 0) return { name, bytes, sha256: whole.digest('hex'), pieces };
      const piece = buffer.subarray(0, length);
      whole.update(piece);
      pieces.push(createHash('sha256').update(piece).digest('hex'));
      bytes += length;
    }
  } finally {
    await handle.close();
  }
}

/** Reads until the buffer is full or the file ends. */
async function fill(handle: Awaited<ReturnType<typeof open>>, buffer: Buffer): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

/** Raises Failure `refused` where a file is missing or is not what the manifest says. */
export async function verify(folder: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  for (const file of manifest.files) {
    const found = await summed(folder, file.name, signal).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return undefined;
      throw thrown;
    });
    const what = `${manifest.name} ${manifest.version}: ${file.name}`;
    if (found === undefined) throw new Failure('refused', `${what} is missing`);
    if (found.bytes !== file.bytes) throw new Failure('refused', `${what} has ${found.bytes} bytes, its manifest says ${file.bytes}`);
    if (found.sha256 !== file.sha256) throw new Failure('refused', `${what} is damaged: its SHA-256 is not the manifest's`);
  }
}
