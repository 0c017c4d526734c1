import type { Shell } from '../../src/drivers/shell.js';

const asWord = (name: string): string => `(?<![A-Za-z0-9_.-])${name.replaceAll('.', '\\.')}(?![A-Za-z0-9_-])`;

/** Whole words replaced, all at once: two names may change places. */
function replacer(names: Iterable<readonly [string, string]>): (text: string) => string {
  const table = new Map([...names].filter(([from, to]) => from !== to));
  if (table.size === 0) return (text) => text;
  const any = new RegExp([...table.keys()].map(asWord).join('|'), 'g');
  return (text) => text.replace(any, (word) => table.get(word) ?? word);
}

/** Speaks to the server in its own names, and answers in those of the tests. */
export function renaming(shell: Shell, names: ReadonlyMap<string, string>): Shell {
  const there = replacer(names);
  const back = replacer([...names].map(([ours, theirs]) => [theirs, ours] as const));
  // latin1 keeps every byte as it is
  const bytesBack = (bytes: Uint8Array): Buffer => Buffer.from(back(Buffer.from(bytes).toString('latin1')), 'latin1');
  return {
    run: async (argv, options) => {
      const { stdin } = options;
      const { exit, stdout, stderr } = await shell.run(argv.map(there), { ...options, ...(stdin === undefined ? {} : { stdin: there(stdin) }) });
      return { exit, stdout: bytesBack(stdout), stderr: back(stderr) };
    },
    stream: (argv, options) => {
      const { chunks, end } = shell.stream(argv.map(there), options);
      return { chunks: whole(chunks, bytesBack), end: end.then(({ exit, stderr }) => ({ exit, stderr: back(stderr) })) };
    },
  };
}

/** In one piece: a name may lie across two. */
async function* whole(chunks: AsyncIterable<Uint8Array>, change: (bytes: Uint8Array) => Buffer): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks) pieces.push(piece);
  yield change(Buffer.concat(pieces));
}

/** Every command as that user (needs root). */
export function runningAs(user: string | undefined, shell: Shell): Shell {
  if (user === undefined) return shell;
  const as = (argv: readonly string[]): readonly string[] => ['runuser', '-u', user, '--', ...argv];
  return { run: (argv, options) => shell.run(as(argv), options), stream: (argv, options) => shell.stream(as(argv), options) };
}
