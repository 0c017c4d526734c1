import type Database from 'better-sqlite3';
import { Failure } from '../../drivers/failure.js';

/** Who leads, as shown to a second daemon. */
export interface Leader {
  readonly life: string;
  readonly pid: number;
  readonly host: string;
  /** Epoch ms. */
  readonly since: number;
}

/** The journal's own facts: its id, deployment, reign and leader. */
export class Meta {
  readonly #db: Database.Database;
  readonly #read: Database.Statement<[string]>;
  readonly #write: Database.Statement<[string, string]>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#read = db.prepare<[string]>('SELECT value FROM meta WHERE name = ?').pluck();
    this.#write = db.prepare<[string, string]>('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
  }

  value(name: string): string | undefined {
    return this.#read.get(name) as string | undefined;
  }

  /** Raises Failure `garbled` when it is not there. */
  require(name: string): string {
    const value = this.value(name);
    if (value === undefined) throw new Failure('garbled', `its ${name} is missing`);
    return value;
  }

  /** Undefined before the first reign. Raises Failure `garbled`. */
  leader(): Leader | undefined {
    const json = this.value('leader');
    if (json === undefined) return undefined;
    try {
      return JSON.parse(json) as Leader;
    } catch (thrown) {
      throw new Failure('garbled', 'its leader cannot be read', { cause: thrown });
    }
  }

  /** Begins the next reign and returns its epoch. Raises Failure `refused` when the journal is another deployment's. */
  reign(deployment: string, leader: Leader): number {
    return this.#db
      .transaction(() => {
        const owner = this.value('deployment');
        if (owner !== undefined && owner !== deployment) throw new Failure('refused', `it belongs to deployment ${owner}, not ${deployment}`);
        const epoch = Number(this.value('epoch') ?? 0) + 1;
        this.#write.run('deployment', deployment);
        this.#write.run('epoch', String(epoch));
        this.#write.run('life', leader.life);
        this.#write.run('leader', JSON.stringify(leader));
        return epoch;
      })
      .immediate();
  }
}
