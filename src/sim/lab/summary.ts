import { readdirSync } from 'node:fs';
import type { BatchCore } from '../batch/core.js';
import type { Datacentre } from '../datacentre.js';
import type { LabFolder } from './folder.js';
import type { LabEnvironment } from './site.js';

/** The last line of `--json`. */
export interface Summary {
  readonly ok: boolean;
  /** Handed in: accepted or refused; an array's elements one by one. */
  readonly jobs: number;
  readonly completed: number;
  /** By qsub, and those that nobody serves. */
  readonly refused: number;
  readonly lost: number;
  readonly runTwice: number;
  readonly unfinished: number;
  readonly machinesLeft: number;
  readonly nodesOnline: number;
  /** Seats that do not rest: online, or without their largest np. */
  readonly seatsAstray: number;
  readonly strays: number;
  readonly invariantViolations: number;
  readonly violations: readonly string[];
  readonly kills: number;
  readonly seed: number;
  readonly pace: number;
  readonly firstJobSeconds: number | null;
  readonly seconds: number;
}

/** What is left lying about in the lab now. */
export interface Remains {
  readonly machines: readonly string[];
  readonly online: readonly string[];
  readonly astray: readonly string[];
  readonly overlays: readonly string[];
}

export function remainsOf(centre: Datacentre<BatchCore>, folder: LabFolder, environments: readonly LabEnvironment[]): Remains {
  const { nodes } = centre.batch.server;
  const seats = environments.flatMap(({ seats: names, largestNp }) => names.map((name) => ({ name, largestNp, node: nodes.get(name) })));
  return {
    machines: centre.guests().map(({ host, guest }) => `${guest.plan.name} on ${host.name}`),
    online: seats.filter(({ node }) => node?.offline !== true).map(({ name }) => name),
    astray: seats.filter(({ node, largestNp }) => node?.offline !== true || node.np !== largestNp).map(({ name }) => name),
    overlays: readdirSync(folder.overlays),
  };
}

export const isClean = (remains: Remains): boolean => remains.machines.length === 0 && remains.astray.length === 0 && remains.overlays.length === 0;

/** How many of the queue's jobs nobody serves (they were deleted at the end), and the rest of the book-keeping. */
export function summarise(
  centre: Datacentre<BatchCore>,
  remains: Remains,
  run: Pick<Summary, 'kills' | 'seed' | 'pace' | 'firstJobSeconds' | 'seconds'> & { readonly unserved: number; readonly explained: boolean },
): Summary {
  const facts = centre.batch.facts();
  const { unserved, explained, ...rest } = run;
  const violations = centre.invariants();
  const refused = facts.refused + unserved;
  const whole = facts.lost === 0 && facts.runTwice === 0 && facts.unfinished === 0 && facts.completed > 0;
  return {
    ok: whole && explained && isClean(remains) && violations.length === 0,
    jobs: facts.submitted + facts.refused,
    completed: facts.completed,
    refused,
    lost: facts.lost,
    runTwice: facts.runTwice,
    unfinished: facts.unfinished,
    machinesLeft: remains.machines.length,
    nodesOnline: remains.online.length,
    seatsAstray: remains.astray.length,
    strays: remains.overlays.length,
    invariantViolations: violations.length,
    violations,
    ...rest,
  };
}

const line = (what: string, value: string | number, good: boolean): string => `  ${good ? 'ok ' : 'NOT'}  ${what.padEnd(34)} ${value}`;

/** For people. */
export function told(summary: Summary): string {
  const { completed, refused, jobs } = summary;
  return [
    '',
    summary.ok ? 'Everything was served, and everything is put away.' : 'Not everything is as it should be.',
    line('jobs handed in', jobs, true),
    line('completed', completed, completed + refused >= jobs),
    line('refused, or served by nobody', refused, true),
    line('lost', summary.lost, summary.lost === 0),
    line('run twice', summary.runTwice, summary.runTwice === 0),
    line('not finished', summary.unfinished, summary.unfinished === 0),
    line('machines left', summary.machinesLeft, summary.machinesLeft === 0),
    line('nodes online', summary.nodesOnline, summary.nodesOnline === 0),
    line('seats not at rest', summary.seatsAstray, summary.seatsAstray === 0),
    line('stray overlays', summary.strays, summary.strays === 0),
    line('invariants broken', summary.invariantViolations, summary.invariantViolations === 0),
    ...summary.violations.map((violation) => `         ${violation}`),
    line('daemon killed', `${summary.kills} time(s), seed ${summary.seed}`, true),
    line('first job ran after', summary.firstJobSeconds === null ? 'never' : `${summary.firstJobSeconds} s`, summary.firstJobSeconds !== null),
    line('whole run', `${summary.seconds} s at pace ${summary.pace}`, true),
    '',
  ].join('\n');
}
