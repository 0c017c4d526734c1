import { hooksFolder, withFilter, withNodeCheck } from './settings.js';

export const places = ['submit', 'worker'] as const;
/** A submit host gets the filter, a worker (or its image) the rest. */
export type Place = (typeof places)[number];

/** A file as it stands. `kind` other than `file`: nothing is read of it. */
export interface Found {
  readonly kind: 'file' | 'link' | 'other';
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
}

/** What one file is to be. */
export interface Wanted {
  readonly path: string;
  readonly mode: number;
  /** The text, given what stands there. */
  readonly text: (standing: string) => { readonly text: string; readonly notes: readonly string[] };
  /** Its folder is TORQUE's: never made by us. */
  readonly needsFolder: boolean;
  /** A settings file of the site: changed with a backup, mode and owner kept. */
  readonly shared: boolean;
  /** Said when a file of the site stands in its place. */
  readonly otherwise?: string;
}

export type Step =
  | { readonly kind: 'agrees'; readonly path: string; readonly notes: readonly string[] }
  | { readonly kind: 'left'; readonly path: string; readonly notes: readonly string[] }
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly mode: number;
      readonly before?: Found;
      readonly text: string;
      readonly backup: boolean;
      readonly notes: readonly string[];
    };

export interface Sources {
  /** Text of a file of `hooks/`. */
  readonly hook: (name: string) => string;
  /** TORQUE's home on that machine. */
  readonly spool: string;
  readonly runDir: string;
  /** The public file as the configuration gives it, for workers; undefined without a configuration. */
  readonly environments: string | undefined;
  /** Where the daemon may be asked; absent: nowhere. */
  readonly ask?: { readonly address: string; readonly port: number };
}

const mark = '# domus hook: ';
const askFirst = `yours stays; to have Domus asked, begin it with  ${hooksFolder}/admit-job "$@"; [ $? -ne 75 ] || exit 2`;

const plainFile = (path: string, mode: number, text: string): Wanted => ({ path, mode, text: () => ({ text, notes: [] }), needsFolder: false, shared: false });

/** Everything that belongs on such a machine, in the order of writing: what is called before what calls it. */
export function wantedOn(place: Place, { hook, spool, runDir, environments, ask }: Sources): readonly Wanted[] {
  const own = (name: string, mode: number): Wanted =>
    plainFile(
      `${hooksFolder}/${name}`,
      mode,
      hook(name)
        .replaceAll('{DOMUS_RUN:-/run/domus}', `{DOMUS_RUN:-${runDir}}`)
        .replaceAll('{DOMUS_MOM:-/var/spool/torque/mom_priv}', `{DOMUS_MOM:-${spool}/mom_priv}`),
    );
  const settings = (path: string, text: Wanted['text']): Wanted => ({ path, mode: 0o644, text, needsFolder: true, shared: true });
  if (place === 'submit') {
    const rules = ['job-request.awk', 'job-world.awk', 'job-answer.awk'].map((name) => own(name, 0o644));
    return [...rules, own('submit-filter', 0o755), settings(`${spool}/torque.cfg`, withFilter)];
  }
  const ofMom = (name: string): Wanted => ({
    ...plainFile(`${spool}/mom_priv/${name}`, 0o500, hook(name)),
    needsFolder: true,
    otherwise: name.startsWith('prologue') ? askFirst : 'yours stays, and nothing is lost',
  });
  return [
    ...['health', 'admit-job', 'node-check', 'ask'].map((name) => own(name, 0o755)),
    ...(environments === undefined ? [] : [plainFile('/etc/domus/environments.txt', 0o644, environments)]),
    ...(ask === undefined ? [] : [plainFile('/etc/domus/ask', 0o644, `${ask.address} ${ask.port}\n`)]),
    ...['prologue', 'prologue.parallel', 'epilogue', 'epilogue.parallel'].map(ofMom),
    settings(`${spool}/mom_priv/config`, withNodeCheck),
  ];
}

/** Why nothing can be written there. */
function obstacle({ needsFolder, shared, otherwise }: Wanted, found: Found | undefined, folderThere: boolean): string | undefined {
  if (needsFolder && !folderThere) return 'its folder is not there: no such part of TORQUE on this machine (--spool says where TORQUE is)';
  if (found === undefined) return undefined;
  if (found.kind !== 'file') return found.kind === 'link' ? 'a symbolic link stands there' : 'no plain file stands there';
  return shared || found.text.includes(mark) ? undefined : otherwise;
}

/** What is to be done to one file. A program of the site is never replaced; its settings are changed with a copy kept. */
export function stepFor(wanted: Wanted, found: Found | undefined, folderThere: boolean): Step {
  const { path, shared } = wanted;
  const why = obstacle(wanted, found, folderThere);
  if (why !== undefined) return { kind: 'left', path, notes: [why] };
  const { text, notes } = wanted.text(found?.text ?? '');
  if (found === undefined) return { kind: 'write', path, mode: wanted.mode, text, backup: false, notes };
  const mode = shared ? found.mode : wanted.mode;
  const owner = shared || found.uid === 0;
  if (found.text === text && found.mode === mode && owner) return { kind: 'agrees', path, notes };
  return { kind: 'write', path, mode, before: found, text, backup: shared, notes };
}
