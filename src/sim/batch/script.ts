/** What the lab understands of a job's script: it is never executed. */
export interface ScriptFacts {
  /** Sum of its `sleep N` lines, or `#LAB run=N`; a second when it says neither. */
  readonly runSeconds: number;
  readonly exit: number;
  /** Words of its `#PBS` lines, which count only before the first command. */
  readonly directives: readonly string[];
}

const factors: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

export function readScript(text: string): ScriptFacts {
  let slept = 0;
  let run: number | undefined;
  let exit = 0;
  let atTop = true;
  const directives: string[] = [];
  for (const line of text.split('\n')) {
    const lab = /^#LAB\s+run=(\d+(?:\.\d+)?)\s*$/.exec(line);
    const sleep = /^\s*sleep\s+(\d+(?:\.\d+)?)([smhd]?)\s*(?:[;&#].*)?$/.exec(line);
    const leaves = /^\s*exit\s+(\d+)/.exec(line);
    if (lab !== null) run = Number(lab[1]);
    else if (atTop && line.startsWith('#PBS')) directives.push(...words(line.slice(4)));
    if (line.trim() !== '' && !line.startsWith('#')) atTop = false;
    if (sleep !== null) slept += Number(sleep[1]) * factors[sleep[2]!]!;
    if (leaves !== null) exit = Number(leaves[1]) & 255;
  }
  return { runSeconds: run ?? (slept > 0 ? slept : 1), exit, directives };
}

/** Splits at blanks outside quotes; quotes and backslashes are taken off. */
export function words(line: string): string[] {
  const pieces = line.match(/(?:[^\s"'\\]|\\.|"[^"]*"|'[^']*')+/g) ?? [];
  return pieces.map((piece) =>
    piece.replace(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, plain?: string) => double ?? single ?? plain ?? ''),
  );
}
