import { type BatchNode, notePrefix, slotsFree } from '../src/model/batch.js';
import { npOf } from '../src/model/environment.js';
import type { Guest } from '../src/model/host.js';
import type { Goal, Machine, MachinePhase } from '../src/model/machine.js';
import type { Policy } from '../src/model/policy.js';
import { because, type Reason } from '../src/model/reason.js';
import type { Rows } from '../src/model/rows.js';
import type { Size } from '../src/model/size.js';
import { machineUuid } from '../src/model/uuid.js';
import type { MachineView } from '../src/model/world.js';

export const minute = 60_000;

export interface MachineWish {
  readonly host?: string;
  readonly size?: Size;
  /** Another size is wanted: a resize. */
  readonly goalSize?: Size;
  readonly leaving?: Reason;
  readonly jobs?: readonly string[];
  readonly used?: number;
  readonly states?: readonly string[];
  readonly note?: string;
  readonly nodeHeard?: boolean;
  readonly hostHeard?: boolean;
  readonly intent?: MachineView['intent'];
  readonly guest?: boolean;
  /** Offline by us, proved at that instant. */
  readonly withheldAt?: number;
  readonly row?: Partial<Machine>;
}

const isMade = (phase: MachinePhase): boolean => ['ready', 'joining', 'draining', 'resizing'].includes(phase);

function rowOf(policy: Policy, rows: Rows, seatName: string, phase: MachinePhase, wish: MachineWish, now: number): Machine {
  const environmentName = wish.row?.environment ?? policy.seats[seatName]?.environment ?? '';
  const environment = policy.environments[environmentName] ?? rows.environments.get(environmentName);
  const size = wish.size ?? { cores: environment?.cores.min ?? 1, memoryMiB: environment?.memoryMiB.min ?? 1024 };
  const goal: Goal = wish.leaving === undefined ? { kind: 'serve', size: wish.goalSize ?? size } : { kind: 'gone', reason: wish.leaving, since: now - minute };
  return {
    ...{ id: `${seatName}#1`, seat: seatName, generation: 1, environment: environmentName, host: wish.host ?? Object.keys(policy.hosts)[0] ?? '' },
    ...{ uuid: machineUuid('test', seatName, 1), guestName: `domus-test-${seatName}-1`, overlay: `domus-test-${seatName}-1` },
    ...{ image: { name: 'el9', version: '1' }, goal, size, configRevision: 'r1', wantedAt: now - 60 * minute },
    maxSize: { cores: environment?.cores.max ?? 8, memoryMiB: environment?.memoryMiB.max ?? 16_384 },
    reason: because('start-for-job', { job: '0', queue: 'q' }),
    ...(isMade(phase) ? { overlayAt: now - 59 * minute, guestAt: now - 58 * minute, readyAt: now - 57 * minute, hostBootId: 'b1' } : {}),
    ...(phase === 'ready' || phase === 'draining' ? { admittedAt: now - 56 * minute } : {}),
    ...wish.row,
  };
}

function nodeOf(row: Machine, properties: readonly string[], np: number, phase: MachinePhase, wish: MachineWish): BatchNode {
  const jobs = wish.jobs ?? [];
  const offline = phase === 'draining' || phase === 'resizing' || phase === 'joining';
  return {
    ...{ name: row.seat, states: wish.states ?? [offline ? 'offline' : 'free'], np, properties, momJobs: [] },
    jobs: jobs.map((id) => ({ id, slots: Math.max(1, Math.floor((wish.used ?? jobs.length) / jobs.length)) })),
    note: wish.note ?? (offline ? `${notePrefix}here` : ''),
  };
}

const withheldOf = ({ seat, reason }: Machine, { withheldAt }: MachineWish): MachineView['withheld'] =>
  withheldAt === undefined ? undefined : { node: seat, reason, since: withheldAt, confirmedAt: withheldAt };

/** A machine in that phase, its row, guest and node agreeing with each other unless wished otherwise. */
export function machineView(policy: Policy, rows: Rows, seatName: string, phase: MachinePhase, wish: MachineWish, now: number): MachineView {
  const row = rowOf(policy, rows, seatName, phase, wish, now);
  const environment = policy.environments[row.environment] ?? rows.environments.get(row.environment);
  const seat = policy.seats[seatName];
  const node = nodeOf(row, seat?.properties ?? [], environment === undefined ? row.size.cores : npOf(environment, row.size), phase, wish);
  const { memoryMiB } = row.size;
  const guest: Guest = {
    ...{ uuid: row.uuid, name: row.guestName, domid: 3, state: 'running', memoryMiB, targetMiB: memoryMiB, maxMemoryMiB: row.maxSize.memoryMiB },
    ...{ vcpus: row.size.cores, maxVcpus: row.maxSize.cores, cpuSeconds: 1, disks: [row.overlay] },
  };
  const { nodeHeard = true, hostHeard = true } = wish;
  return {
    ...{ row, environment, seat, phase, guest: (wish.guest ?? isMade(phase)) ? guest : undefined, hostHeard, overlaySeen: true },
    ...{ node, nodeHeard, withheld: withheldOf(row, wish), jobs: wish.jobs ?? [], intent: wish.intent },
    slotsFree: phase === 'ready' && nodeHeard ? slotsFree(node) : 0,
  };
}
