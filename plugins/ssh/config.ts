import { z } from 'zod';
import { pinnedKey } from './known-hosts.js';

const path = z.string().regex(/^\//, 'an absolute path');

export const sshConfig = z.strictObject({
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a login name')
    .default('root'),
  privateKey: path,
  /** A file in OpenSSH's format; read anew at each connection. */
  knownHosts: path.optional(),
  /** Host name -> `ssh-ed25519 AAAA...`; goes before the file. */
  hostKeys: z
    .record(
      z.string(),
      z.string().refine((text) => pinnedKey(text) !== undefined, 'a public key such as "ssh-ed25519 AAAA..."'),
    )
    .default({}),
  sessionsPerHost: z.number().int().min(1).max(9).default(4),
  waitingPerHost: z.number().int().min(1).max(1000).default(64),
  connectLimitMs: z.number().int().min(500).max(120_000).default(10_000),
  keepAliveMs: z.number().int().min(1000).max(600_000).default(10_000),
  mostOutputBytes: z
    .number()
    .int()
    .min(65_536)
    .default(4 * 1024 * 1024),
});
export type SshConfig = z.infer<typeof sshConfig>;
