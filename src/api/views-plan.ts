import { type Deed, type Intent, subjectOf } from '../model/action.js';
import type { Decision } from '../model/decision.js';
import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import { proposalId } from '../plan/modes.js';
import { mainText, said, when } from './said.js';
import type { DeedRecord } from './schema/actions.js';
import type { DecisionRecord, PlanRecord, ProposalRecord, StrayRecord } from './schema/plan.js';
import { groupTitle } from './views-jobs.js';

/** A deed written down and not yet settled. */
export const deedRecord = (intent: Intent): DeedRecord => ({
  id: intent.id,
  verb: intent.deed.verb,
  subject: subjectOf(intent.deed),
  openedAt: intent.openedAt,
  deadlineAt: intent.deadlineAt,
  ...when('uncertainSince', intent.uncertainSince),
  why: sentence(intent.deed.reason),
});

export const strayList = (present: Present): readonly StrayRecord[] =>
  present.world.strays.map((stray) => ({
    ...stray,
    ...when('forgottenBy', present.world.rows.forgotten.get(stray.key)),
    ...when('why', mainText(present, `stray:${stray.key}`)),
  }));

/** What exactly would be done: which size, and where. */
const inFull = ({ kind, subject, host, cores, memoryMiB, why }: DecisionRecord): string => {
  const size = cores === undefined || memoryMiB === undefined ? '' : ` with ${cores} core(s) and ${memoryMiB} MiB`;
  return `${kind} ${subject.slice(subject.indexOf(':') + 1)}${host === undefined ? '' : ` on ${host}`}${size}: ${why}`;
};

export function proposalList({ plan, world }: Present): readonly ProposalRecord[] {
  const decisions = new Map(plan.recorded.map((decision) => [proposalId(decision), inFull(decisionRecord(decision))]));
  return [...world.rows.proposals.values()].map((row) => ({ ...row, text: decisions.get(row.id) ?? sentence(row.reason) }));
}

export function decisionRecord(decision: Decision): DecisionRecord {
  const size = 'size' in decision ? { cores: decision.size.cores, memoryMiB: decision.size.memoryMiB } : {};
  const why = sentence(decision.reason);
  if (decision.kind === 'start') {
    return { kind: 'start', subject: `seat:${decision.seat}`, environment: decision.environment, host: decision.host, ...size, why };
  }
  if (!('machine' in decision)) return { kind: decision.kind, subject: `host:${decision.host}`, host: decision.host, why };
  const to = decision.kind === 'move' ? { host: decision.to } : {};
  return { kind: decision.kind, subject: `machine:${decision.machine}`, ...to, ...size, why };
}

const shown = (deed: Deed): PlanRecord['deeds'][number] => ({ verb: deed.verb, subject: subjectOf(deed), why: sentence(deed.reason) });

/** What this tick does, would do, and why. Groups of jobs are left out where names of owners may not be seen. */
export function planRecord(present: Present, full: boolean): PlanRecord {
  const { plan, world } = present;
  const titles = new Map(full ? world.groups.map((group) => [`group:${group.key}`, groupTitle(group)]) : []);
  return {
    at: present.at,
    revision: present.revision,
    due: plan.due,
    mode: present.policy.mode,
    decisions: plan.decisions.map(decisionRecord),
    recorded: plan.recorded.map(decisionRecord),
    deeds: plan.deeds.map(shown),
    reasons: [...plan.reasons]
      .filter(([subject]) => full || !subject.startsWith('group:'))
      .map(([subject, reasons]) => ({ subject, ...when('title', titles.get(subject)), said: reasons.map(said) })),
  };
}
