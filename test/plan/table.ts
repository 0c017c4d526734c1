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
      d.kind === 'start'
        ? `start ${d.seat} on ${d.host} ${d.size.cores}/${d.size.memoryMiB}`
        : `${d.kind} ${'host' in d ? d.host : d.machine} ${d.reason.code}`,
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
      const mute = subjects(world).filter((subject) => outcome.said(subject).length === 0);
      expect(mute).toEqual([]);
    });
  });
}

const subjects = ({ groups, policy, machines }: Given): readonly string[] => [
  ...groups.map((group) => `group:${group.key}`),
  ...Object.keys(policy.hosts).map((name) => `host:${name}`),
  ...Object.keys(policy.environments).map((name) => `environment:${name}`),
  ...[...machines].filter(([, view]) => view.phase !== 'failed').map(([id]) => `machine:${id}`),
];
