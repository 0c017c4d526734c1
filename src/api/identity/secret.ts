import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits: nobody guesses them, so that a plain hash is enough to keep them by. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
export const hashed = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Equal, in a time that does not tell how much of it is. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(hashed(a)), Buffer.from(hashed(b))];
  return timingSafeEqual(left, right);
}
