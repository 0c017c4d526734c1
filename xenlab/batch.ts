import type { Ended } from './children.js';

/** What an image needs so that a guest made of it serves this batch system. */
export interface GuestPart {
  /** Debian packages beside the recipe's own. */
  readonly packages: readonly string[];
  /** Lines of guest.conf beside the site's own. */
  readonly settings: readonly string[];
  /** Folder to lay over the image. */
  readonly overlay: string;
  /** Run in the image after its overlays, each a list of words. */
  readonly commands: readonly (readonly string[])[];
  /** Readiness checks of the environments beside the site's own. */
  readonly checks: readonly string[];
}

export interface ListedNode {
  readonly name: string;
  readonly isOffline: boolean;
}

/** The batch system of the laboratory as its chapters see it: Domus's embedded one, or a real TORQUE. */
export interface BatchSystem {
  readonly kind: 'embedded' | 'torque';
  /** Images of guests are kept apart by it. */
  readonly mark: string;
  /** One line for the diary. */
  readonly what: string;
  open(): Promise<void>;
  /** What is left to its manager when `domus torque setup` has listed seats. */
  afterSetup(): Promise<void>;
  /** What goes into the guests, made in that empty folder. */
  guestPart(folder: string): Promise<GuestPart>;
  /** One command as its administrator types it on the batch server. */
  type(argv: readonly string[], stdin?: string): Promise<Ended>;
  /** Hands a script in as alice; the job's id. Raises an Error when qsub refuses. */
  submit(args: readonly string[], script: string): Promise<string>;
  /** Q, R, C ...; undefined for a job that is forgotten. */
  state(id: string): Promise<string | undefined>;
  /** The exit status of a job that ended. */
  exit(id: string): Promise<number | undefined>;
  /** Where it runs, or ran last. */
  nodesOf(id: string): Promise<readonly string[]>;
  /** How often it was started. */
  starts(id: string): Promise<number>;
  /** What is listed. */
  nodes(): Promise<readonly ListedNode[]>;
  close(): Promise<void>;
}

/** Nodes to which jobs may go. */
export async function online(batch: BatchSystem): Promise<readonly string[]> {
  return (await batch.nodes()).flatMap(({ name, isOffline }) => (isOffline ? [] : [name]));
}

/** A queue that leads to nodes of that property. */
export async function makeQueue(batch: BatchSystem, name: string, property: string): Promise<void> {
  for (const words of [
    `create queue ${name} queue_type=Execution`,
    `set queue ${name} resources_default.neednodes = ${property}`,
    `set queue ${name} enabled = True`,
    `set queue ${name} started = True`,
    'set server scheduling = True',
  ]) {
    const { exit, stderr } = await batch.type(['qmgr', '-c', words]);
    if (exit !== 0) throw new Error(`qmgr -c '${words}': ${stderr}`);
  }
}

/** The id that qsub prints. Raises an Error when it refused. */
export function submitted(args: readonly string[], { exit, stdout, stderr }: Ended): string {
  if (exit !== 0) throw new Error(`qsub ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
