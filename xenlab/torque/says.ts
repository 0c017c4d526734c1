/** What TORQUE's own words say, read without Domus's plugin: the laboratory is its witness. */

const field = (text: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

export interface SaidJob {
  /** Q, R, C ... */
  readonly state: string | undefined;
  readonly exit: number | undefined;
  /** Nodes, each once. */
  readonly nodes: readonly string[];
}

/** `qstat -x ID`. */
export function readJob(xml: string): SaidJob {
  const exit = field(xml, 'exit_status');
  const slots = (field(xml, 'exec_host') ?? '').split('+').map((slot) => slot.replace(/\/.*$/, ''));
  return { state: field(xml, 'job_state'), exit: exit === undefined ? undefined : Number(exit), nodes: [...new Set(slots)].filter((name) => name !== '') };
}

export interface SaidNode {
  readonly name: string;
  /** down, offline, free, job-exclusive ... */
  readonly states: readonly string[];
  /** What its mom said last. */
  readonly cores: string | undefined;
  readonly memory: string | undefined;
}

/** `pbsnodes -x`. */
export function readNodes(xml: string): readonly SaidNode[] {
  return [...xml.matchAll(/<Node>(.*?)<\/Node>/gs)].map(([, node = '']) => {
    const status = new Map((field(node, 'status') ?? '').split(',').map((pair) => pair.split('=', 2) as [string, string | undefined]));
    return { name: field(node, 'name') ?? '', states: (field(node, 'state') ?? '').split(','), cores: status.get('ncpus'), memory: status.get('physmem') };
  });
}

/** How often accounting (`DATE TIME;KIND;ID;...`) says that a job was started. */
export function startsIn(accounting: string, id: string): number {
  return accounting.split('\n').filter((line) => {
    const [, kind, job] = line.split(';');
    return kind === 'S' && job === id;
  }).length;
}
