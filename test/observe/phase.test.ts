import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { phaseOf, type Seen } from '../../src/observe/phase.js';

const goals = ['serve', 'resize', 'gone'] as const;
const mades = ['nothing', 'overlay', 'guest', 'ready', 'stopped'] as const;
const guests = ['unknown', 'absent', 'dead', 'alive'] as const;
const nodes = ['unknown', 'offline', 'down', 'online'] as const;

const everySeen = (): Seen[] =>
  goals.flatMap((goal) =>
    [false, true].flatMap((failing) =>
      mades.flatMap((made) => guests.flatMap((guest) => nodes.map((node): Seen => ({ goal, failing, moving: false, made, guest, node })))),
    ),
  );

/** One line per (goal, failing, made, guest): the phases for node unknown, offline, down, online. */
function matrix(): string {
  const lines = new Map<string, string[]>();
  for (const seen of everySeen()) {
    const key = [seen.goal.padEnd(6), seen.failing ? 'failing' : '-      ', seen.made.padEnd(7), seen.guest.padEnd(7)].join(' ');
    lines.set(key, [...(lines.get(key) ?? []), phaseOf(seen)]);
  }
  const header = `${'goal   failing made    guest'.padEnd(31)}| ${nodes
    .map((node) => `node ${node}`.padEnd(12))
    .join(' ')
    .trimEnd()}`;
  return `${header}\n${[...lines]
    .map(
      ([key, phases]) =>
        `${key}| ${phases
          .map((phase) => phase.padEnd(12))
          .join(' ')
          .trimEnd()}`,
    )
    .join('\n')}\n`;
}

describe('the phase of a machine', () => {
  it('is the one in the reviewed matrix, for every combination', () => {
    expect(matrix()).toBe(readFileSync(new URL('../fixtures/phases.txt', import.meta.url), 'utf8'));
  });

  it('is never ready, and never lost, on the word of a host that is silent and a node that is not online', () => {
    for (const seen of everySeen().filter((s) => s.guest === 'unknown' && s.made !== 'stopped')) {
      expect(phaseOf(seen)).not.toBe('lost');
      if (seen.node !== 'online') expect(phaseOf(seen)).not.toBe('ready');
    }
  });

  it('is ready only with a readiness report, a node online and nothing else wanted', () => {
    for (const seen of everySeen().filter((s) => phaseOf(s) === 'ready')) {
      expect(seen).toMatchObject({ goal: 'serve', failing: false, made: 'ready', node: 'online' });
    }
  });

  it('is migrating while it is moved, whatever is seen: it is lost or gone only when both hosts were looked at', () => {
    for (const seen of everySeen()) expect(phaseOf({ ...seen, moving: true })).toBe('migrating');
  });

  it('is on its way out whenever the goal is gone', () => {
    for (const seen of everySeen().filter((s) => s.goal === 'gone')) expect(['draining', 'stopping']).toContain(phaseOf(seen));
  });
});
