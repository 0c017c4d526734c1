import { resolve } from 'node:path';
import type { z } from 'zod';
import { type Channel, type NoticeRule, type NoticeSettings, noticeKinds } from '../model/notice.js';
import { nearest } from './nearest.js';
import type { noticesSchema } from './notices-schema.js';
import { type Problems, shown } from './problem.js';
import type { Partly } from './walk.js';

type Written = z.output<typeof noticesSchema>;
const kinds = ['mail', 'webhook', 'command'] as const;
const listed = (one: string | readonly string[] | undefined): readonly string[] => (one === undefined ? [] : typeof one === 'string' ? [one] : one);

/** Channel -> its kind; a name that two kinds have is a problem. */
function ownersOf(notices: Partly<Written>, problems: Problems): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const kind of kinds) {
    for (const name of Object.keys(notices[kind] ?? {})) {
      const twin = owners.get(name);
      if (twin !== undefined)
        problems.add(['notices', kind, name], { found: `channel ${name} a second time`, expected: `a name of its own (${twin} has this one)` }, 'key');
      owners.set(name, kind);
    }
  }
  return owners;
}

function checkMail(notices: Partly<Written>, problems: Problems): void {
  for (const [name, { user, passwordFile, security } = {}] of Object.entries(notices.mail ?? {})) {
    const path = ['notices', 'mail', name];
    if ((user === undefined) !== (passwordFile === undefined))
      problems.add(path, { found: user === undefined ? 'passwordFile alone' : 'user alone', expected: 'user and passwordFile, or none of them' });
    else if (user !== undefined && security === 'none') problems.add(path, { found: 'a password over an open line', expected: 'security: starttls or tls' });
  }
}

function checkRules(notices: Partly<Written>, channels: readonly string[], problems: Problems): void {
  for (const [name, { to } = {}] of Object.entries(notices.rules ?? {})) {
    for (const channel of listed(to).filter((one) => !channels.includes(one))) {
      const expected = `one of ${channels.join(', ') || '(there is no channel)'}`;
      problems.add(['notices', 'rules', name, 'to'], { found: `channel ${shown(channel)}`, expected, nearest: nearest(channel, channels) });
    }
  }
}

/** What the schema cannot see: names that nobody has or two have, a password over an open line, a command without a path. */
export function checkNotices(notices: Partly<Written> | undefined, problems: Problems): void {
  if (notices === undefined) return;
  const owners = ownersOf(notices, problems);
  checkMail(notices, problems);
  checkRules(notices, [...owners.keys()], problems);
  for (const [name, { argv } = {}] of Object.entries(notices.command ?? {}))
    if (argv !== undefined && argv[0]?.startsWith('/') !== true)
      problems.add(['notices', 'command', name, 'argv'], { found: shown(argv[0]), expected: 'a program by its absolute path, then its arguments' });
}

/** Undefined where nobody is to be told. Files are relative to domus.yaml's folder. Without a rule everything goes to every channel. */
export function makeNotices(notices: Written, folder: string): NoticeSettings | undefined {
  const file = (name: string | undefined, key: 'passwordFile' | 'secretFile') => (name === undefined ? {} : { [key]: resolve(folder, name) });
  const channels: Record<string, Channel> = {};
  for (const [name, { to, user, passwordFile, ...mail }] of Object.entries(notices.mail ?? {}))
    channels[name] = { kind: 'mail', ...mail, to: listed(to), ...(user === undefined ? {} : { user }), ...file(passwordFile, 'passwordFile') };
  for (const [name, { url, secretFile }] of Object.entries(notices.webhook ?? {})) channels[name] = { kind: 'webhook', url, ...file(secretFile, 'secretFile') };
  for (const [name, { argv, limit }] of Object.entries(notices.command ?? {})) channels[name] = { kind: 'command', argv, limitMs: limit };
  if (Object.keys(channels).length === 0) return undefined;
  const rules = Object.entries(notices.rules ?? {}).map(([name, { events, to }]): NoticeRule => ({ name, events: events ?? noticeKinds, to: listed(to) }));
  return {
    channels,
    rules: rules.length > 0 ? rules : [{ name: 'everything', events: noticeKinds, to: Object.keys(channels) }],
    settleMs: notices.settle,
    newsMs: notices.news,
    repeatMs: notices.repeat,
    waitsLongMs: notices.waitsLong,
  };
}
