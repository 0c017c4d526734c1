import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Desk, openDesk } from './desk.js';

describe('users, tokens, the audit and hosts on the command line', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(() => desk.close());

  it('a user is added with a role and a code to choose his password, changed, listed and removed', async () => {
    const added = await desk.type('user add bob --role operator --environment grid');
    expect([added.exit, added.out]).toEqual([0, expect.stringMatching(/one-time code, good until .*: \S{20,}/)]);
    expect((await desk.type('user list')).out).toMatch(/^bob +operator .*grid +not chosen yet/m);
    expect((await desk.type('user add bob --role operator')).exit).not.toBe(0);
    expect((await desk.type('user add bob --role viewer --replace')).exit).toBe(0);
    expect((await desk.type('user list')).out).toMatch(/^bob +viewer/m);
    expect((await desk.type('user link bob')).out).toContain('one-time code');
    expect((await desk.type('user remove bob')).exit).toBe(0);
    expect((await desk.type('user list')).out).not.toContain('bob');
    const nobody = await desk.type('user link bob');
    expect([nobody.exit === 0, nobody.err]).toEqual([false, expect.stringContaining('there is no user bob')]);
    expect((await desk.type('user add eve --role king')).exit).toBe(2);
  });

  it('a token is shown once, listed without its secret, and revoked', async () => {
    const made = await desk.type('token create backup --role viewer --expires 2d --json');
    expect(made.exit).toBe(0);
    const { token, id } = JSON.parse(made.out) as { token: string; id: string };
    expect(token).toMatch(/^domus_/);
    const listed = await desk.type('token list');
    expect(listed.out).toMatch(/backup .*viewer .*never/);
    expect(listed.out).not.toContain(token.slice(-12));
    expect((await desk.type(`token revoke ${id}`)).exit).toBe(0);
    expect((await desk.type('token list')).out).not.toContain('backup');
    expect((await desk.type('token create x --role viewer --expires soon')).err).toContain('--expires soon: expected a duration');
    expect((await desk.type('token create x --role viewer --expires 2y')).exit).toBe(2);
  });

  it('the audit tells who asked what, and why', async () => {
    await desk.type('hold grid-01 --why disk');
    const { out, exit } = await desk.type('audit --last 1h');
    expect(exit).toBe(0);
    expect(out).toMatch(/control\.sock +POST \/requests hold grid-01 +202 +disk/);
    expect((await desk.type('audit --who nobody-of-that-name')).out).not.toContain('hold grid-01');
    expect((await desk.type('audit --last never')).err).toContain('--last never: expected a duration');
  });

  it('hosts are listed with their power, and switched by wishes, one for each', async () => {
    expect((await desk.type('hosts list')).out).toMatch(/^post11/m);
    const off = await desk.type('hosts off post11 post12 --why dust');
    expect([off.exit, off.out]).toEqual([0, expect.stringMatching(/sleep of post11[\s\S]*sleep of post12/)]);
    await desk.type('hosts on post11');
    await desk.type('hosts prove post11');
    expect((await desk.requests()).map(({ kind, subject, why }) => `${kind} ${subject} ${why}`).sort()).toEqual([
      'prove post11 no reason given',
      'sleep post11 dust',
      'sleep post12 dust',
      'wake post11 no reason given',
    ]);
    expect((await desk.type('hosts off nowhere')).exit).not.toBe(0);
  });

  it('hosts are brought back to normal only with a yes, by one wish for each thing that is not', async () => {
    const before = (await desk.requests()).length;
    const preview = await desk.type('hosts normalise');
    expect([preview.exit, preview.err]).toEqual([1, expect.stringContaining('nothing was done')]);
    expect(preview.out).toMatch(/^HOST +NOW +WOULD\npost\d+ +(cordoned|drained) by .* may get machines again/);
    expect(await desk.requests()).toHaveLength(before);
    const done = await desk.type('hosts normalise --yes');
    expect([done.exit, done.out]).toEqual([0, expect.stringMatching(/uncordon of post\d+ is done/)]);
    expect((await desk.requests()).some(({ kind, why }) => kind === 'uncordon' && why === 'back to normal')).toBe(true);
    expect((await desk.type('hosts normalise nowhere --yes')).err).toContain('there is no host "nowhere"');
    expect((await desk.type('hosts normalise --pool none')).out).toContain('every host is as the configuration has it');
    await desk.type('hosts cordon post11 --drain --why dust');
    expect((await desk.requests()).find(({ kind }) => kind === 'cordon')).toMatchObject({ subject: 'post11', drain: true, why: 'dust' });
  });

  it('a share is read as a part or per cent, with a time', async () => {
    await desk.type('share bio 25% --for 2d --why deadline');
    await desk.type('share bio 0.5');
    await desk.type('unshare bio --why over');
    expect(
      (await desk.requests())
        .map(({ kind, subject, share, forMs, why }) => [kind, subject, share, forMs, why])
        .sort((a, b) => Number(a[2] ?? 1) - Number(b[2] ?? 1)),
    ).toEqual([
      ['share', 'bio', 0.25, 172_800_000, 'deadline'],
      ['share', 'bio', 0.5, undefined, 'no reason given'],
      ['unshare', 'bio', undefined, undefined, 'over'],
    ]);
    for (const wrong of ['share bio much', 'share bio 120%', 'share bio 0.2 --for soon', 'share bio 0.2 --for 5s'])
      expect((await desk.type(wrong)).exit, wrong).toBe(2);
  });
});
