import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/model/notice.js';
import { emptyBook } from '../../src/notices/book.js';
import { Outbox } from '../../src/notices/outbox.js';
import { typed } from '../cli/desk.js';
import { givenAt } from '../given-present.js';

/** A site with a channel that works and one that does not. */
function site() {
  const folder = mkdtempSync(join(tmpdir(), 'domus-notices-'));
  const script = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const good = script('good', `cat > ${folder}/got`);
  const bad = script('bad', 'echo out of order >&2; exit 7');
  const root = new URL('../../', import.meta.url).pathname;
  const config = join(folder, 'domus.yaml');
  cpSync(join(root, 'environments'), join(folder, 'environments'), { recursive: true });
  copyFileSync(join(root, 'domus.example.yaml'), config);
  writeFileSync(config, `\nstate: ${folder}/state\nnotices: {command: {good: {argv: [${good}]}, bad: {argv: [${bad}]}}}\n`, { flag: 'a' });
  return { folder, config };
}

const message = (title: string): Message => ({ id: title, deployment: 'lab', rule: 'r', kind: 'trouble', at: givenAt, title, lines: [], conditions: [] });

describe('domus notices', () => {
  it('lists what was sent, what waits and why, and what was given up, the newest first', async () => {
    const { folder, config } = site();
    expect((await typed(['notices', '--config', config])).out).toBe('nobody was told anything yet\n');
    const outbox = Outbox.open(join(folder, 'state'));
    outbox.keep('r', emptyBook, ['one', 'two', 'three'].map(message), ['good'], givenAt);
    outbox.sent(1, givenAt);
    outbox.failed(2, 'no route', givenAt + 1);
    outbox.givenUp(3, 'three days', givenAt);
    const { out, exit } = await typed(['notices', '--config', config]);
    expect(exit).toBe(0);
    expect(out.split('\n').map((line) => line.slice(21).trimEnd())).toEqual([
      'CHANNEL  OUTCOME           TITLE',
      'good     given-up          three (three days)',
      'good     waiting, 1 tries  two (no route)',
      'good     sent              one',
      '',
    ]);
    const { notices } = JSON.parse((await typed(['notices', '--limit', '1', '--json', '--config', config])).out) as { notices: { outcome: string }[] };
    expect(notices.map(({ outcome }) => outcome)).toEqual(['given-up']);
    expect((await typed(['notices', '--limit', 'all', '--config', config])).exit).toBe(2);
    outbox.close();
  });

  it('sends a test through each channel that is named, and says which failed and why', async () => {
    const { folder, config } = site();
    expect(await typed(['notices', 'test', 'good', '--config', config])).toEqual({ exit: 0, out: 'good: sent\n', err: '' });
    expect(JSON.parse(readFileSync(join(folder, 'got'), 'utf8'))).toMatchObject({ kind: 'test', title: 'test of good' });
    expect(await typed(['notices', 'test', '--config', config])).toMatchObject({
      exit: 1,
      out: 'good: sent\n',
      err: expect.stringMatching(/^bad: .*ended with 7: out of order\n$/),
    });
    expect(await typed(['notices', 'test', 'moon', '--config', config])).toMatchObject({
      exit: 2,
      err: expect.stringContaining('there is no channel moon (there are: good, bad)'),
    });
  });
});
