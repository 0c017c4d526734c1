import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { type Given, given, now } from '../given.js';

/** One environment, two hosts of 4 cores and 8 GiB, six seats. */
export const lab = (wish = {}): Given => given().env('grid', wish).host('post1').host('post2').seats('grid', 6);

/** Decisions in one line each. */
export const short = (g: Given): readonly string[] =>
  g
    .decide()
    .decisions.map((d) =>
      d.kind === 'start' ? `start ${d.seat} on ${d.host} ${d.size.cores}/${d.size.memoryMiB}` : `${d.kind} ${d.machine} ${d.reason.code}`,
    );

export const leavingIdle = because('drain-idle', { idleMs: 1 });
export const idle = (forMs: number, extra = {}): { row: object } => ({ row: { idleSince: now - forMs, ...extra } });

export interface Case {
  readonly when: string;
  readonly world: Given;
  readonly decides: readonly string[];
  /** Subject -> code that must be among its reasons. */
  readonly says?: Readonly<Record<string, string>>;
}

/** Every case decides what it says, and leaves nothing unexplained. */
export function check(title: string, cases: readonly Case[]): void {
  describe(`${title}: what is decided when`, () => {
    it.each(cases)('$when', ({ world, decides, says = {} }) => {
      expect(short(world)).toEqual(decides);
      const outcome = world.decide();
      for (const [subject, code] of Object.entries(says)) expect(outcome.codes(subject)).toContain(code);
    });
  });
  describe(`${title}: every subject is explained when`, () => {
    it.each(cases)('$when', ({ world }) => {
      const outcome = world.decide();
      for (const group of world.groups) expect(outcome.said(`group:${group.key}`)).not.toEqual([]);
      for (const name of Object.keys(world.policy.hosts)) expect(outcome.said(`host:${name}`)).not.toEqual([]);
      for (const name of Object.keys(world.policy.environments)) expect(outcome.said(`environment:${name}`)).not.toEqual([]);
      for (const [id, view] of world.machines) if (view.phase !== 'failed') expect(outcome.said(`machine:${id}`)).not.toEqual([]);
    });
  });
}
