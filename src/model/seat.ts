/** A permanent place of one environment in the batch system. */
export interface Seat {
  /** Node name exactly as the batch system lists it (`wn07.example.org`). */
  readonly name: string;
  readonly environment: string;
  readonly source: string;
  readonly address: string;
  readonly mac: string;
  /** np while nobody sits here: that of the environment's largest machine, so that qsub accepts wide jobs. */
  readonly largestNp: number;
  readonly properties: readonly string[];
  /** Listed for ever, never started: keeps wide jobs feasible while all machines are small. */
  readonly feasibility: boolean;
}
