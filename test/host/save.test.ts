import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunnerRequest } from '../../src/drivers/runner.js';
import { FakeHost, givenHost } from './fake-host.js';
import { createGuest, createOverlay, deed, uuidOf } from './given.js';

const save = (overrides: Partial<RunnerRequest> = {}): RunnerRequest => deed('guest-save', { uuid: uuidOf(1), overlay: 'o1' }, overrides);
const restore = (overrides: Partial<RunnerRequest> = {}): RunnerRequest =>
  deed('guest-restore', { uuid: uuidOf(1), name: 'guest-1', overlay: 'o1' }, overrides);

async function given(): Promise<FakeHost> {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  await host.ask(createGuest(host.folder, 1, 'o1'));
  return host;
}
const kept = ({ overlays }: FakeHost): readonly string[] => readdirSync(overlays).sort();

describe('a guest whose memory is saved into the store', () => {
  it('goes on on another host with the same store, and only there', async () => {
    const host = await given();
    const other = new FakeHost({ images: host.images, overlays: host.overlays });
    onTestFinished(() => other.remove());
    expect(await host.ask(save())).toMatchObject({ exit: 0, message: 'saved' });
    expect(kept(host)).toEqual(['o1.qcow2', 'o1.saved']);
    expect(await other.ask(restore())).toMatchObject({ exit: 0, message: 'restored' });
    expect(kept(host)).toEqual(['o1.qcow2']);
    expect((await host.ask(restore())).message).toBe('absent: no guest was saved for overlay o1');
    expect(other.state.domains.map(({ name }) => name)).toEqual(['guest-1']);
  });

  it('goes on where it was when it cannot be written, and what was half written is gone', async () => {
    const host = await given();
    host.behave({ save: { stderr: 'xc: error: Failed to write: No space left on device', exit: 1 } });
    writeFileSync(join(host.overlays, '.saving~o1'), 'of an earlier try');
    expect(await host.ask(save())).toMatchObject({ exit: 1 });
    expect(kept(host)).toEqual(['o1.qcow2']);
    expect(host.state.domains).toHaveLength(1);
  });

  it('is cut off at its limit, and that is told', async () => {
    const host = await given();
    host.behave({ save: { sleepS: 60 } });
    const answer = await host.ask(save({ limitMs: 1000 }));
    expect(['hung', 'running']).toContain(answer.status);
    await expect.poll(() => host.processes('xl'), { timeout: 10_000 }).toBe(0);
    expect(existsSync(join(host.overlays, 'o1.saved'))).toBe(false);
  });

  it('keeps its memory when it cannot be restored, and after a restoration that was cut off', async () => {
    const host = await given();
    await host.ask(save());
    host.behave({ restore: { stderr: 'xc: error: cannot allocate memory', exit: 3 } });
    expect(await host.ask(restore())).toMatchObject({ exit: 3 });
    expect(kept(host)).toEqual(['o1.qcow2', 'o1.saved']);
    host.behave({ restore: { sleepS: 60 } });
    await host.ask(restore({ limitMs: 1000 }));
    await expect.poll(() => host.processes('xl'), { timeout: 10_000 }).toBe(0);
    host.behave({});
    expect((await host.ask(createGuest(host.folder, 1, 'o1'))).message).toContain('was saved: restore it');
    expect(await host.ask(restore())).toMatchObject({ exit: 0, message: 'restored' });
  });

  it('of another overlay, or with another disk, is refused', async () => {
    const host = await given();
    await host.ask(createOverlay('o2'));
    expect((await host.ask(deed('guest-save', { uuid: uuidOf(1), overlay: 'o2' }))).message).toContain('does not have overlay o2 open');
    expect(await host.ask(deed('guest-save', { uuid: uuidOf(1), overlay: '../o1' }))).toMatchObject({ status: 'refused' });
  });
});
