import { userInfo } from 'node:os';
import process from 'node:process';

/** A real server to test on, as the environment tells it; docs/torque.md explains every variable. */
export interface RealSite {
  /** Folder of the server's commands; absent = PATH. */
  readonly bin: string | undefined;
  /** The name that tests use -> the name on the real server. */
  readonly names: ReadonlyMap<string, string>;
  /** Command that raises and fells workers: `COMMAND up NODE CORES`, `COMMAND down NODE`. */
  readonly mom: string | undefined;
  /** Whom the driver's commands run as; absent = whoever runs the tests. */
  readonly operator: string | undefined;
  /** Who submits, instead of alice and bob. */
  readonly users: ReadonlyMap<string, string>;
  /** A wait of the suite lasts at most `settleMs` and a `pace`th of what it says. */
  readonly settleMs: number;
  readonly pace: number;
}

export const testNodes = ['wn01', 'wn02', 'wn03', 'wn04'] as const;
export const testQueue = 'grid';

function words(name: string, fallback: string, count: number): readonly string[] {
  const found = (process.env[name] ?? fallback).split(',').map((word) => word.trim());
  if (found.length !== count || found.some((word) => !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(word))) {
    throw new Error(`${name} must be ${count} plain name(s) with commas between, not "${found.join(',')}"`);
  }
  return found;
}

function number(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!(value > 0)) throw new Error(`${name} must be a positive number`);
  return value;
}

/** Raises an Error that names the variable that cannot be. */
export function realSite(): RealSite {
  const { env } = process;
  const [queue = testQueue] = words('DOMUS_TORQUE_QUEUE', testQueue, 1);
  const nodes = words('DOMUS_TORQUE_NODES', testNodes.join(','), testNodes.length);
  const [alice = '', bob = ''] = words('DOMUS_TORQUE_USERS', 'alice,bob', 2);
  const operator = env['DOMUS_TORQUE_OPERATOR'];
  return {
    bin: env['DOMUS_TORQUE_BIN'],
    names: new Map([[testQueue, queue] as const, ...testNodes.map((name, at) => [name, nodes[at] ?? name] as const)]),
    mom: env['DOMUS_TORQUE_MOM'],
    operator: operator === userInfo().username ? undefined : operator,
    users: new Map([
      ['alice', alice],
      ['bob', bob],
    ]),
    settleMs: number('DOMUS_TORQUE_SETTLE', 12) * 1000,
    pace: number('DOMUS_TORQUE_PACE', 20),
  };
}
