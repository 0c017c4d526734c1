import type { Answer } from './answer.js';
import { type Command, type Context, failed, getopt, hasOption, optionOf, said, type Words } from './command.js';
import type { BatchJob } from './job.js';
import { jobId, looksLikeId } from './job-ids.js';
import { jobText, jobXml } from './print-job.js';
import { queueBlocks, queueLimits, queueTable, serverBlock, serverTable } from './print-queue.js';
import { alternative, plain } from './qstat-tables.js';

/** `qstat`: jobs, queues (-Q, -q) or the server (-B). `-x` counts for jobs only. */
export const qstat: Command = (args, context) => {
  const words = getopt(
    args.filter((arg) => arg !== '-1'),
    'aBceEfGilMnqQRrsu:tW:x',
  );
  const { server } = context;
  if (words.illegal !== undefined)
    return failed(2, `qstat: invalid option -- '${words.illegal}'\nusage: qstat [-f] [-x] [-t] [job_identifier... | destination...]`);
  const foreign = words.operands.find((operand) => operand.includes('@') && !operand.endsWith(`@${server.name}`));
  if (foreign !== undefined) return elsewhere(foreign.replace(/^.*@/, ''));
  if (hasOption(words, 'B')) return said(hasOption(words, 'f') ? serverBlock(server) : serverTable(server));
  if (hasOption(words, 'Q') || hasOption(words, 'q')) return queuesShown(words, context);
  const found = pick(words.operands, hasOption(words, 't'), context);
  if (!Array.isArray(found)) return failed(found.exit, found.text);
  const user = optionOf(words, 'u');
  return said(jobsShown(user === undefined ? found : found.filter((job) => job.owner === user), words, args.includes('-1'), context));
};

function queuesShown(words: Words, { server, io }: Context): Answer {
  const wanted = words.operands.filter((name) => !name.startsWith('@')).map((name) => name.replace(/@.*/, ''));
  const unknown = wanted.find((name) => !server.queues.has(name));
  if (unknown !== undefined) return failed(172, `qstat: Unknown queue MSG=cannot locate queue ${unknown} `);
  const queues = [...server.queues.values()].filter((queue) => wanted.length === 0 || wanted.includes(queue.name));
  if (hasOption(words, 'q')) return said(queueLimits(server, queues));
  return said(hasOption(words, 'f') ? queueBlocks(server, queues, server.isManager(io.user)) : queueTable(server, queues));
}

/** No jobs: nothing at all, whatever the format. */
function jobsShown(jobs: readonly BatchJob[], words: Words, oneLine: boolean, { server, io }: Context): string {
  const privileged = server.isManager(io.user);
  if (jobs.length === 0) return '';
  if (hasOption(words, 'x')) {
    const start = server.version === '6.1.3' ? '<?xml version="1.0"?>\n' : '';
    return `${start}<Data>${jobs.map((job) => jobXml(server, job, privileged)).join('')}</Data>\n`;
  }
  if (hasOption(words, 'f')) return jobs.map((job) => jobText(server, job, privileged)).join('');
  const fancy = ['a', 'n', 'i', 'r', 's', 'u'].some((letter) => hasOption(words, letter));
  return fancy ? alternative(server, jobs, hasOption(words, 'n'), oneLine) : plain(server, jobs);
}

/** The jobs named, those of the queues named, or all. Elements stand for their array with -t. */
function pick(operands: readonly string[], expand: boolean, { server }: Context): BatchJob[] | { exit: number; text: string } {
  const all = [...server.jobs.values()].filter((job) => job.kind === 'plain' || (job.kind === 'array') !== expand);
  const names = operands.filter((operand) => !operand.startsWith('@'));
  if (names.length === 0) return all;
  const found: BatchJob[] = [];
  for (const name of names) {
    if (looksLikeId(name)) {
      const job = server.jobs.get(jobId(server, name));
      if (job === undefined) return { exit: 153, text: `qstat: Unknown Job Id Error ${jobId(server, name)}` };
      found.push(...(expand && job.kind === 'array' ? job.elements.filter((element) => server.jobs.has(element.id)) : [job]));
    } else if (server.queues.has(name.replace(/@.*/, ''))) found.push(...all.filter((job) => job.queue === name.replace(/@.*/, '')));
    else return { exit: 172, text: `qstat: Unknown queue destination ${name}` };
  }
  return found;
}

function elsewhere(host: string): ReturnType<Command> {
  const line = `Can not resolve name for server ${host}. (rc = -2 - Unknown error -2)\nCannot resolve specified server host '${host}'.\n`;
  return failed(162, `${line.repeat(3)}qstat: cannot connect to server ${host} (errno=15010) Access from host not allowed, or unknown host\n\n`);
}
