import type { StoredEvent } from '../journal/contract.js';
import { jobKey } from '../model/job.js';
import type { Present } from '../model/present.js';
import { because, sentence } from '../model/reason.js';
import type { Found } from './find.js';
import { reasonsOf, type Said, said } from './said.js';
import type { EventRecord } from './schema/events.js';
import type { findKinds, WhyRecord } from './schema/why.js';
import type { Viewer } from './viewer.js';
import { environmentList } from './views-environments.js';
import { grouping, groupTitle, jobRecord, ownReason, schedulersWord } from './views-jobs.js';
import { hostRecord, machineRecord, seatRecord, seatState } from './views-machines.js';
import { proposalList, strayList } from './views-plan.js';
import { serviceList } from './views-services.js';
import { sourceRecord } from './views-status.js';

export const eventRecord = (event: StoredEvent): EventRecord => ({
  number: event.number,
  at: event.at,
  subject: event.subject,
  kind: event.kind,
  text: sentence(event.reason),
});

/** Longest chain: a job's group, environment, its machines and their hosts, with room to spare. */
const longestChain = 12;

type Facts = Exclude<WhyRecord['facts'], undefined>;
interface Story {
  readonly facts?: Facts;
  /** Subjects, nearest first. */
  readonly subjects: readonly string[];
  /** Said of the subject itself, apart from the plan (an unserved job's verdict). */
  readonly own?: readonly Said[];
}

function jobStory(present: Present, viewer: Viewer, key: string): Story {
  const { world } = present;
  const job = world.jobs.get(key);
  if (job === undefined) return { subjects: [`job:${key}`] };
  const verdict = world.verdicts.get(key);
  const group = grouping(world)(job) ?? world.groups.find((each) => each.source === job.source && each.sample.includes(job.id));
  const machines = [...world.machines.values()].filter((machine) => machine.jobs.includes(job.id)).map((machine) => machine.row.id);
  const own = [...new Set([ownReason(job, present), schedulersWord(job, world)])].filter((reason) => reason !== undefined);
  const environment = verdict !== undefined && 'environment' in verdict ? [`environment:${verdict.environment}`] : [];
  return {
    facts: jobRecord(job, present, viewer, group),
    subjects: [
      `job:${jobKey(job)}`,
      ...(group === undefined ? [] : [`group:${group.key}`]),
      ...environment,
      ...machines.map((id) => `machine:${id}`),
      `source:${job.source}`,
    ],
    own: own.map(said),
  };
}

function machineStory(present: Present, key: string): Story {
  const view = present.world.machines.get(key);
  if (view === undefined) return { subjects: [`machine:${key}`] };
  const { row } = view;
  const subjects = [`machine:${row.id}`, `seat:${row.seat}`, `host:${row.host}`, `environment:${row.environment}`];
  const failing = row.failing === undefined ? [] : [said(row.failing.reason)];
  return {
    facts: machineRecord(view, present),
    subjects: row.kind === 'service' ? [...subjects, `service:${row.seat}`] : subjects,
    own: [...failing, ...(reasonsOf(present, `machine:${row.id}`).length === 0 ? [said(row.reason)] : [])],
  };
}

function hostStory(present: Present, key: string): Story {
  const view = present.world.hosts.get(key);
  if (view === undefined) return { subjects: [`host:${key}`] };
  const subjects = [`host:${key}`, ...view.machines.map((machine) => `machine:${machine.row.id}`)];
  const told = reasonsOf(present, `host:${key}`).length > 0 || view.blocked === undefined;
  return { facts: hostRecord(view, present), subjects, own: told || view.blocked === undefined ? [] : [said(view.blocked)] };
}

function environmentStory(present: Present, key: string): Story {
  const facts = environmentList(present).find((each) => each.name === key);
  const groups = present.world.groups.filter((group) => group.environment === key);
  const gone = facts === undefined || facts.configured ? [] : [said(because('drain-removed', { environment: key }))];
  const machines = [...present.world.machines.values()].filter((machine) => machine.row.environment === key);
  const subjects = [`environment:${key}`, ...groups.map((group) => `group:${group.key}`), ...machines.map((machine) => `machine:${machine.row.id}`)];
  return facts === undefined ? { subjects } : { facts, subjects, own: gone };
}

function seatStory(present: Present, key: string): Story {
  const view = present.world.seats.get(key);
  if (view === undefined) return { subjects: [`seat:${key}`] };
  const machine = view.machine === undefined ? [] : [`machine:${view.machine.row.id}`];
  const own = reasonsOf(present, `seat:${key}`).length > 0 ? [] : [said(seatState(view))];
  return { facts: seatRecord(view, present), subjects: [`seat:${key}`, ...machine, `environment:${view.seat.environment}`], own };
}

/** A batch server: how it answers. */
function sourceStory(present: Present, key: string): Story {
  const view = present.world.sources.get(key);
  if (view === undefined) return { subjects: [`source:${key}`] };
  const { value } = view.reading;
  const jobs = [...present.world.jobs.values()].filter((job) => job.source === key).length;
  const well = value === undefined ? because('wait-unread', { source: key }) : because('source-answers', { jobs, nodes: value.nodes.length });
  const { silentSince, cause = 'no answer' } = view.reading;
  const own = silentSince === undefined ? well : because('wait-silent', { source: key, sinceMs: Math.max(0, present.at - silentSince), cause });
  return { facts: sourceRecord('batch', key, view.reading), subjects: [`source:${key}`], own: [said(own)] };
}

function proposalStory(present: Present, key: string): Story {
  const row = present.world.rows.proposals.get(key);
  const facts = proposalList(present).find((proposal) => proposal.id === key);
  if (row === undefined || facts === undefined) return { subjects: [`proposal:${key}`] };
  const asks = because('wait-approval', { id: key });
  return { facts, subjects: [`proposal:${key}`, facts.subject], own: [{ reason: row.reason, text: facts.text }, said(asks)] };
}

/** A permanent machine that is not there: why, and what its home says. */
function serviceStory(present: Present, key: string): Story {
  const facts = serviceList(present).find(({ name }) => name === key);
  const machine = facts?.machine === undefined ? [] : [`machine:${facts.machine}`];
  const home = facts?.home === undefined ? [] : [`host:${facts.home}`];
  const subjects = [`service:${key}`, ...machine, ...home];
  return facts === undefined ? { subjects } : { facts, subjects };
}

type WhyKind = (typeof findKinds)[number];

const withFacts = (subject: string, facts: Facts | undefined): Story => (facts === undefined ? { subjects: [subject] } : { facts, subjects: [subject] });

function storyOf(present: Present, viewer: Viewer, { kind, key }: Found<WhyKind>): Story {
  switch (kind) {
    case 'job':
      return jobStory(present, viewer, key);
    case 'machine':
      return machineStory(present, key);
    case 'host':
      return hostStory(present, key);
    case 'environment':
      return environmentStory(present, key);
    case 'seat':
      return seatStory(present, key);
    case 'source':
      return sourceStory(present, key);
    case 'stray':
      return withFacts(
        `stray:${key}`,
        strayList(present).find((stray) => stray.key === key),
      );
    case 'service':
      return serviceStory(present, key);
    case 'proposal':
      return proposalStory(present, key);
  }
}

/** Groups are named by their jobs' owner: who may not see owners reads them without their key. */
const shownSubject = (subject: string, viewer: Viewer): string => (subject.startsWith('group:') && !viewer.full ? 'group' : subject);

const titleOf = (present: Present, subject: string, viewer: Viewer): { readonly title?: string } => {
  const group = viewer.full && subject.startsWith('group:') ? present.world.groups.find(({ key }) => subject === `group:${key}`) : undefined;
  return group === undefined ? {} : { title: groupTitle(group) };
};

const unrepeated = (all: readonly Said[]): readonly Said[] => all.filter((each, at) => all.findIndex((other) => other.text === each.text) === at);

/** Why the subject is as it is, from the plan of the last tick and from the journal. */
export function whyRecord(present: Present, viewer: Viewer, found: Found<WhyKind>, history: readonly StoredEvent[]): WhyRecord {
  const story = storyOf(present, viewer, found);
  const subject = `${found.kind}:${found.key}`;
  const own = story.own ?? [];
  const chain = story.subjects
    .map((each) => ({
      subject: shownSubject(each, viewer),
      ...titleOf(present, each, viewer),
      said: unrepeated([...(each === subject ? own : []), ...reasonsOf(present, each).map(said)]),
    }))
    .filter((link) => link.said.length > 0)
    .slice(0, longestChain);
  return { kind: found.kind, subject, ...(story.facts === undefined ? {} : { facts: story.facts }), chain, history: history.map(eventRecord) };
}
