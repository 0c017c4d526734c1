import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkConfig } from '../../src/config/check.js';
import { renderProblem } from '../../src/config/problem.js';
import { noticeKinds } from '../../src/model/notice.js';

const root = new URL('../../', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const environments = readdirSync(new URL('environments/', root))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ path: `/etc/domus/environments/${name}`, text: text(`environments/${name}`) }));

/** The example configuration with this section. */
const checked = (notices: string) => checkConfig([{ path: '/etc/domus/domus.yaml', text: `${text('domus.example.yaml')}\n${notices}` }, ...environments]);
const settingsOf = (notices: string) => {
  const result = checked(notices);
  if (!result.ok) throw new Error(result.problems.map(renderProblem).join('\n'));
  return result.config.notices;
};
const problemsOf = (notices: object): readonly string[] => {
  const result = checked(stringify({ notices }));
  return result.ok ? [] : result.problems.map((problem) => renderProblem(problem).replace(/^.*?: (?=notices)/, ''));
};
const mail = { to: 'a@example.org', from: 'd@example.org' };

describe('notices in the configuration', () => {
  it('of docs/notices.md are what the page says', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(text('docs/notices.md')) ?? [];
    expect(Object.keys(parse(example) as object)).toEqual(['notices']);
    const settings = settingsOf(example);
    expect(Object.keys(settings?.channels ?? {})).toEqual(['admins', 'chat', 'pager']);
    expect(settings?.channels['admins']).toMatchObject({ kind: 'mail', security: 'starttls', passwordFile: '/etc/domus/mail.password' });
    expect(settings?.rules.map(({ name, events, to }) => [name, events.length, to])).toEqual([
      ['night', 3, ['admins', 'pager']],
      ['day', noticeKinds.length, ['admins', 'chat']],
    ]);
  });

  it('name every event in the page, and no other', () => {
    const page = text('docs/notices.md');
    const [, table = ''] = /## What can be told\n([\s\S]*?)\n## /.exec(page) ?? [];
    const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual([...noticeKinds].sort());
  });

  it('are absent without a channel, and go everywhere without a rule', () => {
    expect(settingsOf('')).toBeUndefined();
    expect(settingsOf('notices: {settle: 5m}')).toBeUndefined();
    expect(settingsOf(stringify({ notices: { mail: { a: mail }, command: { b: { argv: ['/bin/true'] } } } }))?.rules).toEqual([
      { name: 'everything', events: noticeKinds, to: ['a', 'b'] },
    ]);
  });

  it.each([
    [
      'a channel that nobody has',
      { mail: { admins: mail }, rules: { r: { to: 'admin' } } },
      /^notices\.rules\.r\.to: .*channel "admin", expected one of admins, did you mean admins\?$/,
    ],
    ['a rule without any channel', { rules: { r: { to: 'x' } } }, /there is no channel/],
    ['an event that is none', { mail: { a: mail }, rules: { r: { events: ['host-silnt'], to: 'a' } } }, /did you mean host-silent/],
    ['two channels of one name', { mail: { a: mail }, webhook: { a: { url: 'https://x/' } } }, /a second time, expected a name of its own/],
    [
      'a password over an open line',
      { mail: { a: { ...mail, user: 'u', passwordFile: 'p' } } },
      /found a password over an open line, expected security: starttls or tls/,
    ],
    ['a user without a password', { mail: { a: { ...mail, user: 'u', security: 'tls' } } }, /found user alone/],
    ['a command without its path', { command: { a: { argv: ['mail', 'x'] } } }, /found "mail", expected a program by its absolute path/],
    ['a URL that is none', { webhook: { a: { url: 'ftp://x' } } }, /expected a URL that begins with https/],
    ['an address that would add a header', { mail: { a: { ...mail, to: 'a@b.c\nBcc: x@y.z' } } }, /expected a mail address/],
  ])('%s is said with its place', (_, notices, said) => {
    const problems = problemsOf(notices);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(said);
  });
});
