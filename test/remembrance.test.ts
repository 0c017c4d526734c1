import { describe, expect, it } from 'vitest';
import type { Plan } from '../src/model/present.js';
import { because, type Reason } from '../src/model/reason.js';
import { Remembrance } from '../src/remembrance.js';

const plan = (reasons: Readonly<Record<string, readonly Reason[]>>): Plan => ({
  ...{ changes: [], deeds: [], decisions: [], recorded: [], due: 0 },
  reasons: new Map(Object.entries(reasons)),
});
const idle = (idleMs: number): Reason => because('keep-idle', { idleMs, limitMs: 1 });
const busy = because('keep-busy', { jobs: '7' });

describe('history of reasons', () => {
  it('holds a reason when it is first given, and not again while it is given at every tick', () => {
    const remembrance = new Remembrance();
    expect(remembrance.news(plan({ 'machine:a': [busy] }), 5)).toEqual([{ at: 5, subject: 'machine:a', kind: 'decided', reason: busy }]);
    expect(remembrance.news(plan({ 'machine:a': [busy] }), 6)).toEqual([]);
  });

  it('takes a running clock for no change, and anything else for one', () => {
    const remembrance = new Remembrance();
    remembrance.news(plan({ 'machine:a': [idle(1)] }), 5);
    expect(remembrance.news(plan({ 'machine:a': [idle(2)] }), 6)).toEqual([]);
    expect(remembrance.news(plan({ 'machine:a': [because('keep-busy', { jobs: '8' })] }), 7).length).toBe(1);
  });

  it('tells a reason again that was gone in between, and of several only the new ones', () => {
    const remembrance = new Remembrance();
    remembrance.news(plan({ 'machine:a': [busy] }), 5);
    expect(remembrance.news(plan({ 'machine:a': [busy, idle(1)] }), 6).map((event) => event.reason)).toEqual([idle(1)]);
    remembrance.news(plan({}), 7);
    expect(remembrance.news(plan({ 'machine:a': [busy] }), 8).length).toBe(1);
  });

  it('keeps subjects apart', () => {
    const remembrance = new Remembrance();
    remembrance.news(plan({ 'machine:a': [busy] }), 5);
    expect(remembrance.news(plan({ 'machine:a': [busy], 'machine:b': [busy] }), 6).map((event) => event.subject)).toEqual(['machine:b']);
  });

  it('leaves a deed under way to its own event', () => {
    expect(new Remembrance().news(plan({ 'machine:a': [because('step-in-flight', { verb: 'create-guest', sinceMs: 1 })] }), 5)).toEqual([]);
  });

  it('does not tell a reason again after the deed that it was the reason of', () => {
    const remembrance = new Remembrance();
    const removes = because('step-remove-overlay');
    const underWay = because('step-in-flight', { verb: 'remove-overlay', sinceMs: 1 });
    remembrance.news(plan({ 'machine:a': [removes] }), 5);
    remembrance.news(plan({ 'machine:a': [underWay] }), 6);
    expect(remembrance.news(plan({ 'machine:a': [removes] }), 7)).toEqual([]);
  });

  it('takes moving numbers of waiting jobs for no news', () => {
    const remembrance = new Remembrance();
    const waiting = (count: number): Reason => because('jobs-wait', { count, environment: 'grid', job: String(count), waitedMs: 1 });
    expect(remembrance.news(plan({ 'environment:grid': [waiting(7)] }), 5).length).toBe(1);
    expect(remembrance.news(plan({ 'environment:grid': [waiting(8)] }), 6)).toEqual([]);
  });
});
