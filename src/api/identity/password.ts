import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP's smallest choice that keeps one guess at 32 MiB and a few tens of ms: N = 2^15, r = 8, p = 3. The numbers stand in each hash, so that they may grow. */
const usual = { N: 32_768, r: 8, p: 3 } as const;
const keyBytes = 32;
const saltBytes = 16;

export const shortestPassword = 10;
export const longestPassword = 200;

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const derived = (password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Buffer): void => (error === null ? resolve(key) : reject(error));
    scrypt(password.normalize('NFC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r + 1_048_576 }, done);
  });

/** `scrypt$N$r$p$salt$key`. Takes tens of ms in a thread of Node's pool. */
export async function hashPassword(password: string, cost: Cost = usual): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derived(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** What nobody's password hashes to: who is not known takes as long to be refused as who is. */
const nobodys = ['scrypt', usual.N, usual.r, usual.p, 'AAAAAAAAAAAAAAAAAAAAAA', Buffer.alloc(keyBytes).toString('base64url')].join('$');

/** True when the password is that of the hash; without a hash it is never, after the same time. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [kind, N, r, p, salt = '', key = ''] = (hash ?? nobodys).split('$');
  if (kind !== 'scrypt') return false;
  const wanted = Buffer.from(key, 'base64url');
  const found = await derived(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(wanted, found) && hash !== undefined;
}
