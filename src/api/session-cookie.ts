import type { FastifyRequest } from 'fastify';

/** With TLS the name itself has browsers refuse a cookie that another host or a plain page has set. */
const nameOf = (secure: boolean): string => (secure ? '__Host-domus' : 'domus');

/** A Set-Cookie line; an empty secret takes the cookie back. */
export const cookieLine = (secure: boolean, secret: string, maxAgeMs: number): string =>
  `${nameOf(secure)}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.max(0, Math.floor(maxAgeMs / 1000))}${secure ? '; Secure' : ''}`;

/** The secret that a call brings along; undefined for none, or one that is no secret of ours. */
export function cookieOf(request: FastifyRequest, secure: boolean): string | undefined {
  const start = `${nameOf(secure)}=`;
  const found = (request.headers.cookie ?? '').split(';').flatMap((part) => (part.trim().startsWith(start) ? [part.trim().slice(start.length)] : []));
  const [secret, another] = found;
  return secret !== undefined && another === undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined;
}
