import { describe, expect, it } from 'vitest';
import { Lab, recorded } from './given.js';

interface Block {
  readonly command: string;
  readonly user: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The recorded commands with what they said, in their three parts: all well, server stopped, trqauthd stopped. */
function blocks(): Block[][] {
  const parts = recorded('errors.txt')
    .toString('utf8')
    .split(/^=+ .*\n/m);
  return parts.map((part) =>
    part
      .split(/^(?=\$ )/m)
      .map((text) => text.replace(/\n+$/, ''))
      .filter((text) => text !== '')
      .map((text) => {
        const [head = '', ...lines] = text.split('\n');
        const [, command = '', user = ''] = /^\$ (.*?) {3}\(as (\w+)\)$/.exec(head) ?? [];
        const of = (kind: string): string =>
          lines
            .filter((line) => line.startsWith(`${kind}:`))
            .map((line) => `${line.slice(kind.length + 2)}\n`)
            .join('');
        // of several lines on stdout only the first is marked; such answers are looked at elsewhere
        return { command, user, exit: Number(/^exit (\d+)/m.exec(text)?.[1]), stdout: of('stdout'), stderr: of('stderr') };
      }),
  );
}

/** The words of a command; what follows -c of qmgr is one. */
function argvOf(command: string): string[] {
  const directive = /^qmgr -c (.*)$/.exec(command);
  return directive === null ? command.split(' ') : ['qmgr', '-c', directive[1]!];
}

function errorLab(): Lab {
  const lab = new Lab({ resolves: (name) => !name.startsWith('unresolvable') });
  for (const name of ['sl5', 'any', 'stopped']) lab.queue(name, 'sl5');
  lab.qmgr('set queue stopped started = False', 'set server default_queue = any', 'set server next_job_number = 53');
  for (const node of ['wn01', 'wn02', 'wn03']) lab.worker(`${node}.example.org`, 2, 'sl5');
  lab.run(['qsub', '-q', 'stopped', '/home/alice/short.sh'], 'alice', 'sleep 1\n');
  return lab;
}

const unlike = /^env |^qrun |^qstat -x 53|^pbsnodes -x$/;
const [well = [], stopped = [], unauthorised = []] = blocks();

describe('what the emulated server refuses', () => {
  const lab = errorLab();
  for (const { command, user, exit, stdout, stderr } of well.filter((block) => !unlike.test(block.command))) {
    it(`${command} (as ${user}) says what was recorded`, () => {
      const answer = lab.run(argvOf(command), user, 'sleep 1\n');
      expect({ exit: answer.exit, stderr: answer.stderr }).toEqual({ exit, stderr });
      expect(answer.stdout.startsWith(stdout.trimEnd())).toBe(true);
    });
  }

  it('covers most of the recorded commands', () => {
    expect(well.filter((block) => !unlike.test(block.command)).length).toBeGreaterThan(30);
    expect(stopped.length).toBeGreaterThan(4);
    expect(unauthorised).toHaveLength(3);
  });
});

describe('an emulated server that cannot be reached', () => {
  for (const { command, user, exit, stderr } of stopped) {
    it(`${command} says what was recorded when pbs_server is stopped`, () => {
      const lab = errorLab();
      lab.core.trouble.refuse = true;
      expect(lab.run(argvOf(command), user)).toEqual({ exit, stdout: '', stderr });
      lab.core.trouble.refuse = false;
      expect(lab.run(['qterm', '-t', 'quick']).exit).toBe(0);
      expect(lab.run(argvOf(command), user)).toEqual({ exit, stdout: '', stderr });
    });
  }
  for (const { command, user, exit, stderr } of unauthorised) {
    it(`${command} says what was recorded when trqauthd is stopped`, () => {
      const lab = errorLab();
      lab.core.trouble.trqauthdDown = true;
      expect(lab.run(argvOf(command), user)).toEqual({ exit, stdout: '', stderr });
    });
  }
});
