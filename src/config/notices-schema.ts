import { z } from 'zod';
import { noticeKinds } from '../model/notice.js';
import * as shape from './shapes.js';

const oneOrMore = <S extends z.ZodType>(one: S) => z.union([one, z.array(one)]);
const address = z
  .string()
  .regex(/^[^\s@<>"',;:\\]{1,64}@[A-Za-z0-9.-]{1,190}$/, 'a mail address such as admins@example.org')
  .meta({ expected: 'a mail address such as admins@example.org' });
const url = z
  .string()
  .regex(/^https?:\/\/[^\s]{1,500}$/, 'a URL that begins with https:// or http://')
  .meta({ expected: 'a URL that begins with https:// or http://' });
const server = z
  .string()
  .regex(/^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an address')
  .meta({ expected: 'a host name or an address' });
const argument = z
  .string()
  .regex(/^[^\u0000-\u001f]{1,1000}$/, 'a word without control characters')
  .meta({ expected: 'a word without control characters' });

/** `notices` of domus.yaml: channels by name, and which kinds go to which. */
export const noticesSchema = z.strictObject({
  settle: shape.interval.prefault('60s'),
  news: shape.interval.prefault('5m'),
  repeat: shape.interval.prefault('4h'),
  waitsLong: shape.interval.prefault('12h'),
  mail: z
    .record(
      shape.word,
      z.strictObject({
        to: oneOrMore(address),
        from: address,
        server: server.default('localhost'),
        port: shape.whole(1, 65_535).default(25),
        security: z.enum(['none', 'starttls', 'tls']).default('none'),
        user: z.string().meta({ expected: 'a user name' }).optional(),
        passwordFile: shape.path.optional(),
      }),
    )
    .optional(),
  webhook: z.record(shape.word, z.strictObject({ url, secretFile: shape.path.optional() })).optional(),
  command: z.record(shape.word, z.strictObject({ argv: z.array(argument), limit: shape.interval.prefault('30s') })).optional(),
  rules: z.record(shape.word, z.strictObject({ events: z.array(z.enum(noticeKinds)).optional(), to: oneOrMore(shape.word) })).optional(),
});
