import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createLine } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { silentLog } from '../../src/log.js';
import type { Channel, Message, NoticeSettings } from '../../src/model/notice.js';
import { because } from '../../src/model/reason.js';
import { sender, signatureOf } from '../../src/notices/channels.js';
import { Herald, pauseAfterTry } from '../../src/notices/herald.js';
import { Outbox } from '../../src/notices/outbox.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { givenAt, givenHost, givenPresent } from '../given-present.js';

const minute = 60_000;
const hour = 60 * minute;
const folder = mkdtempSync(join(tmpdir(), 'domus-notices-'));
const secret = join(folder, 'secret');
writeFileSync(secret, 'correct horse\n');
const shell = execaShell(systemClock);
const never = new AbortController().signal;
const message: Message = {
  ...{ id: 'id-1', deployment: 'lab', rule: 'day', kind: 'trouble', at: givenAt, title: '2 hosts are silent — ünïcode' },
  ...{ lines: ['post1 is silent', '.', '<b>post2</b> is silent'], conditions: [] },
};
const send = (channel: Channel, signal = never): Promise<void> => sender(channel, shell)(message, signal);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly user?: string;
}

/** A real SMTP server on this machine. */
async function mailServer(options: ConstructorParameters<typeof SMTPServer>[0] = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    ...options,
    onData: (stream, { envelope, user }, done) => {
      let text = '';
      stream.on('data', (bytes: Buffer) => {
        text += bytes.toString();
      });
      stream.on('end', () => {
        mails.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          text,
          ...(user === undefined ? {} : { user: String(user) }),
        });
        done();
      });
    },
  });
  server.on('error', () => undefined); // a client that refuses the certificate ends the line
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const channel: Channel = { kind: 'mail', to: ['a@example.org', 'b@example.org'], from: 'domus@example.org', server: '127.0.0.1', port, security: 'none' };
  return { mails, channel };
}

/** A real web server that answers with these statuses, one after the other. */
async function webServer(...statuses: readonly number[]) {
  const posts: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString();
    });
    request.on('end', () => {
      const status = statuses[Math.min(posts.length, statuses.length - 1)] ?? 204;
      posts.push({ headers: request.headers, body });
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

describe('mail', () => {
  it('reaches everybody through a real SMTP server, with subject, text and an id that stays', async () => {
    const { mails, channel } = await mailServer();
    await send(channel);
    const [mail] = mails;
    expect(mail).toMatchObject({ from: 'domus@example.org', to: ['a@example.org', 'b@example.org'] });
    expect(mail?.text).toMatch(/^Message-ID: <id-1@domus\.lab>\r$/m);
    expect(mail?.text).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(mail?.text).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(mail?.text).toContain('post1 is silent\r\n');
  });

  it('never sends a password over an open line when starttls was asked for, and says why it failed', async () => {
    const { mails, channel } = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    await expect(send({ ...channel, security: 'starttls', user: 'domus', passwordFile: secret } as Channel)).rejects.toMatchObject({ kind: 'uncertain' });
    expect(mails).toEqual([]);
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const { mails, channel } = await mailServer();
    await expect(send({ ...channel, security: 'starttls' } as Channel)).rejects.toThrow(/certificate|self.signed/i);
    expect(mails).toEqual([]);
  });

  it('gives up a server that takes the line and says nothing, when the limit is over', async () => {
    const mute = createLine(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    closing.push(() => mute.close());
    const limit = new AbortController();
    const sending = send(
      { kind: 'mail', to: ['a@b.c'], from: 'a@b.c', server: '127.0.0.1', port: (mute.address() as AddressInfo).port, security: 'none' },
      limit.signal,
    );
    const outcome = sending.then(
      () => 'sent',
      () => 'failed',
    );
    expect(await Promise.race([outcome, systemClock.sleep(50).then(() => 'waits')])).toBe('waits');
    limit.abort();
  });
});

describe('a webhook', () => {
  it('is signed so that the receiver can prove it, and carries the whole message', async () => {
    const { posts, url } = await webServer(204);
    await send({ kind: 'webhook', url, secretFile: secret });
    const [post] = posts;
    expect(JSON.parse(post?.body ?? '')).toEqual(message);
    const stamp = String(post?.headers['x-domus-timestamp']);
    expect(stamp).toBe(String(givenAt / 1000));
    expect(post?.headers['x-domus-signature']).toBe(signatureOf('correct horse', stamp, post?.body ?? ''));
    expect(signatureOf('wrong', stamp, post?.body ?? '')).not.toBe(post?.headers['x-domus-signature']);
  });

  it('fails with its status, follows no redirect, and tells no secret', async () => {
    const { posts, url } = await webServer(500, 302);
    await expect(send({ kind: 'webhook', url, secretFile: secret })).rejects.toThrow(/answered 500$/);
    await expect(send({ kind: 'webhook', url })).rejects.toThrow(/answered 302$/);
    await expect(send({ kind: 'webhook', url: 'http://127.0.0.1:1/secret-path' })).rejects.toThrow(/^127\.0\.0\.1:1: (?!.*secret-path)/);
    expect(posts).toHaveLength(2);
  });

  it('says which secret cannot be read', async () => {
    await expect(send({ kind: 'webhook', url: 'http://127.0.0.1:1/', secretFile: join(folder, 'none') })).rejects.toMatchObject({ kind: 'denied' });
  });
});

describe('a command', () => {
  const script = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  it('gets its arguments as they stand, and the message as one line on its input', async () => {
    const out = join(folder, 'out');
    const argv = [script('page', `printf '%s|' "$@" > ${out}; cat >> ${out}`), '$(id)', 'a b'];
    await send({ kind: 'command', argv, limitMs: 5000 });
    expect(readFileSync(out, 'utf8')).toBe(`$(id)|a b|${JSON.stringify(message)}\n`);
  });
  it('fails with its exit code and what it said', async () => {
    await expect(send({ kind: 'command', argv: [script('bad', 'echo no pager >&2; exit 3')], limitMs: 5000 })).rejects.toThrow(/ended with 3: no pager$/);
    await expect(send({ kind: 'command', argv: [join(folder, 'nowhere')], limitMs: 5000 })).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

describe('the herald', () => {
  const present = (at: number, silentHosts: Readonly<Record<string, string>>) => ({
    ...givenPresent({ hosts: [givenHost('post11'), givenHost('post12')], silentHosts }),
    at,
  });
  /** A herald in virtual time over one database; each post fails as `statuses` say. */
  async function heralds(channels: NoticeSettings['channels']) {
    const db = new Database(':memory:');
    const clock = new VirtualClock(givenAt);
    const settings: NoticeSettings = {
      ...{ channels, settleMs: minute, newsMs: 5 * minute, repeatMs: 4 * hour, waitsLongMs: 12 * hour },
      rules: [{ name: 'all', events: ['host-silent', 'daemon-started'], to: Object.keys(channels) }],
    };
    const outbox = Outbox.over(db);
    const counted: string[] = [];
    const life = () =>
      new Herald({ outbox, deployment: 'lab', settings, shell, clock, log: silentLog, counted: (name, what) => counted.push(`${name} ${what}`) });
    return { clock, outbox, counted, life };
  }
  /** Real deliveries: waits until nothing is under way any more. */
  const settled = async (outbox: Outbox, done: (outcomes: readonly string[]) => boolean): Promise<readonly string[]> => {
    for (let round = 0; round < 500; round++) {
      const outcomes = outbox.recent(10).map(({ outcome, tries }) => `${outcome} ${tries}`);
      if (done(outcomes)) return outcomes;
      await systemClock.sleep(10);
    }
    throw new Error(`still ${JSON.stringify(outbox.recent(10))}`);
  };

  it('tries again with growing pauses until it is taken, and one channel waits for no other', async () => {
    const { posts, url } = await webServer(503, 503, 204);
    const dead = await webServer(500);
    const { clock, outbox, counted, life } = await heralds({ chat: { kind: 'webhook', url }, dead: { kind: 'webhook', url: dead.url } });
    const herald = life();
    const end = new AbortController();
    const story = herald.run(end.signal);
    herald.follow(present(clock.wall(), { post12: 'gone' }));
    await clock.run(clock.now() + minute + 10_000);
    await settled(outbox, (all) => all.every((one) => one === 'waiting 1') && all.length === 2);
    await clock.run(clock.now() + 40_000);
    await settled(outbox, (all) => all.every((one) => one === 'waiting 2'));
    await clock.run(clock.now() + 70_000);
    await settled(outbox, (all) => all.includes('sent 2') && all.includes('waiting 3'));
    expect(new Set(posts.map(({ headers }) => headers['x-domus-id'])).size).toBe(1);
    expect(counted.filter((line) => line.startsWith('chat'))).toEqual(['chat failed', 'chat failed', 'chat sent']);
    end.abort();
    await story;
  });

  it('loses nothing over a restart, tells no trouble twice, and knows when it is over', async () => {
    const { posts, url } = await webServer(204);
    const { clock, outbox, life } = await heralds({ chat: { kind: 'webhook', url } });
    const first = life();
    first.committed([{ at: clock.wall(), subject: 'domus', kind: 'daemon', reason: because('daemon-started', { epoch: 1, version: '1' }) }]);
    first.follow(present(clock.wall(), { post12: 'gone' }));
    first.look();
    await clock.run(clock.now() + 2 * minute);
    first.look(); // told, written down, and killed before it is sent
    expect(outbox.recent(9).map(({ outcome, message: { title } }) => [outcome, title])).toEqual([
      ['waiting', 'started'],
      ['waiting', 'host post12 is silent'],
    ]);
    const second = life();
    const end = new AbortController();
    const story = second.run(end.signal);
    for (const still of [true, true, false, false]) {
      second.follow(present(clock.wall(), still ? { post12: 'gone' } : {}));
      await clock.run(clock.now() + 2 * minute);
      await settled(outbox, (all) => all.length > 0);
      await systemClock.sleep(50);
    }
    await settled(outbox, (all) => all.length === 3 && all.filter((one) => one === 'sent 0').length >= 2);
    await clock.run(clock.now() + minute);
    await settled(outbox, (all) => all.every((one) => one === 'sent 0'));
    expect(posts.map(({ body }) => JSON.parse(body).title)).toEqual(['host post12 is silent', 'started', 'all well again: host post12 is silent no more']);
    end.abort();
    await story;
  });

  it('gives up after three days, and says so', async () => {
    const { url } = await webServer(500);
    const { clock, outbox, counted, life } = await heralds({ chat: { kind: 'webhook', url } });
    outbox.keep(
      'x',
      { known: {}, moments: [], momentsToldAt: 0, momentPauseMs: 0 },
      [{ ...message, at: clock.wall() - 73 * hour }],
      ['chat', 'gone'],
      clock.wall(),
    );
    const herald = life();
    const end = new AbortController();
    const story = herald.run(end.signal);
    await clock.run(clock.now() + 6_000);
    await settled(outbox, (all) => all.every((one) => one.startsWith('given-up')));
    expect(counted).toContain('chat given-up');
    end.abort();
    await story;
  });

  it.each([
    [1, 30_000],
    [2, minute],
    [7, 32 * minute],
    [8, hour],
    [500, hour],
  ])('pauses after %s tries for %s ms', (tries, ms) => {
    expect(pauseAfterTry(tries)).toBe(ms);
  });
});
