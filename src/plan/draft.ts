import type { Machine } from '../model/machine.js';
import type { HostPower } from '../model/power.js';
import type { Assembly, Change, Rows } from '../model/rows.js';
import type { Tenancy } from '../model/tenancy.js';

/** The rows this plan writes, the last word per row; and which machines were decided about before their steps. */
export class Draft {
  readonly #rows: Rows;
  readonly #changes = new Map<string, Change>();
  /** Those of machines once more, by id: every machine is looked for at every tick. */
  readonly #machines = new Map<string, Machine | null>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  put(change: Change): void {
    this.#changes.set(`${change.table}/${change.key}`, change);
    if (change.table === 'machines') this.#machines.set(change.key, change.row);
  }

  /** The machine's row as this plan leaves it. */
  machine(id: string): Machine | undefined {
    const row = this.#machines.get(id);
    return row === undefined ? this.#rows.machines.get(id) : (row ?? undefined);
  }

  /** The host's power as this plan leaves it. */
  power(host: string): HostPower | undefined {
    const change = this.#changes.get(`powers/${host}`);
    return change?.table === 'powers' ? (change.row ?? undefined) : this.#rows.powers.get(host);
  }

  /** Whose the host is as this plan leaves it. */
  tenancy(host: string): Tenancy | undefined {
    const change = this.#changes.get(`tenancies/${host}`);
    return change?.table === 'tenancies' ? (change.row ?? undefined) : this.#rows.tenancies.get(host);
  }

  /** The environment's gathering as this plan leaves it. */
  assembly(environment: string): Assembly | undefined {
    const change = this.#changes.get(`assemblies/${environment}`);
    return change?.table === 'assemblies' ? (change.row ?? undefined) : this.#rows.assemblies.get(environment);
  }

  touched(id: string): boolean {
    return this.#machines.has(id);
  }

  /** Instants of the environment's starts within the hour, as this plan leaves them. */
  starts(environment: string): readonly number[] {
    const change = this.#changes.get(`starts/${environment}`);
    return (change?.table === 'starts' ? change.row : this.#rows.starts.get(environment)) ?? [];
  }

  changes(): readonly Change[] {
    return [...this.#changes.values()];
  }
}
