import type { Reloaded } from '../api/api.js';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { renderProblem } from '../config/problem.js';
import { compareConfigs } from '../config/reload.js';
import type { Environment } from '../model/environment.js';
import { because } from '../model/reason.js';
import type { Rows } from '../model/rows.js';

/** What a reload needs of the running daemon. */
export interface Running {
  readonly configFile: string;
  readonly config: () => Config;
  readonly rows: () => Rows;
  /** Swaps the configuration between two ticks. */
  readonly adopt: (config: Config) => Promise<void>;
  readonly tell: (reason: ReturnType<typeof because>) => Promise<void>;
}

/** Environments that ever had machines: the seats of one whose file is gone stay valid, drained or not, until a person removes them. */
export const remembered = (rows: Rows): ReadonlyMap<string, Environment> => rows.environments;

/** Reads the configuration anew: checked completely, compared, refused by name where unsafe, else adopted. */
export async function reload(running: Running): Promise<Reloaded> {
  const read = await loadConfig(running.configFile, remembered(running.rows()));
  if (!read.ok) {
    const problems = read.problems.map(renderProblem);
    await running.tell(because('config-refused', { why: `${problems.length} problem(s), the first: ${problems[0] ?? ''}` }));
    return { ok: false, problems, differences: [] };
  }
  const { differences, unsafe } = compareConfigs(running.config(), read.config, running.rows().machines.values());
  const restart = needsRestart(running.config(), read.config);
  if (unsafe.length > 0 || restart.length > 0) {
    await running.tell(because('config-refused', { why: [...unsafe, ...restart].join('; ') }));
    return { ok: false, problems: [...unsafe, ...restart], differences };
  }
  if (differences.length === 0) return { ok: true, problems: [], differences };
  await running.adopt(read.config);
  await running.tell(because('config-reloaded', { differences: differences.join('; ') }));
  return { ok: true, problems: [], differences };
}

/** Which hosts boot from the network, as the boot server was told. */
const cardsOf = ({ boot, policy }: Config): unknown =>
  boot === undefined ? {} : Object.values(policy.hosts).flatMap(({ name, address, mac }) => (mac === undefined ? [] : [[name, address, mac]]));

/** Drivers are made once in a life: their settings change with the next one. */
function needsRestart(before: Config, after: Config): readonly string[] {
  const parts = (config: Config): [string, unknown][] => [
    ['the settings under ssh', config.runner],
    ['the settings under xen and store', config.hypervisor],
    ['the settings under network.names', config.names],
    ['the batch servers', config.batch],
    ['the schedulers', config.schedulers ?? {}],
    ['the power drivers', config.powers ?? {}],
    ['the classroom drivers', config.classrooms ?? {}],
    ['the settings under boot, and the hosts that boot from it', [config.boot ?? {}, cardsOf(config)]],
    ['history.housekeeping', config.housekeeping],
    ['the settings under metrics', config.metrics ?? {}],
    ['the settings under api', [config.api ?? {}, config.sessionMs]],
  ];
  const now = new Map(parts(before));
  return parts(after).flatMap(([name, value]) =>
    JSON.stringify(value) === JSON.stringify(now.get(name)) ? [] : [`${name} changed: they take effect with a restart (machines and jobs go on meanwhile)`],
  );
}
