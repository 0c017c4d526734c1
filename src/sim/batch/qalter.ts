import { clockText, instantOf } from './civil.js';
import { type Command, getopt, optionOf } from './command.js';
import type { BatchJob } from './job.js';
import { type Complaint, denied, mayTouch, toEach, unknownTo } from './job-commands.js';
import { settle } from './lifecycle.js';
import { isFeasible } from './placement.js';
import { isResource, parseNodes, parsePairs, parseSeconds } from './resources.js';
import type { Server } from './server.js';
import { completed, setResources } from './submit.js';

/** `qalter -l`, `-p`, `-r`, `-a`: what a waiting job asks for. */
export const qalter: Command = (args, context) => {
  const words = getopt(args, 'a:A:c:e:h:j:k:l:m:M:N:o:p:r:S:t:u:v:W:x:');
  const { server } = context;
  const lists = words.options.filter(([letter]) => letter === 'l').map(([, list]) => list);
  return toEach(
    words.operands,
    context,
    (job) => {
      if (!mayTouch(context, job)) return denied('qalter', job);
      if (job.state === 'R' || job.state === 'C') return { exit: 169, text: `qalter: Cannot modify attribute while job running  ${job.id}` };
      const complaint = alterResources(server, job, lists);
      if (complaint !== undefined) return complaint;
      const rerunnable = optionOf(words, 'r');
      if (rerunnable !== undefined) job.rerunnable = rerunnable === 'y';
      job.priority = Number(optionOf(words, 'p') ?? job.priority);
      const date = optionOf(words, 'a');
      if (date !== undefined) job.executionAt = instantOf(date, server.now);
      job.revision += 1;
      settle(server, job);
      return undefined;
    },
    unknownTo('qalter'),
  );
};

function alterResources(server: Server, job: BatchJob, lists: readonly string[]): Complaint {
  const asked = new Map([...job.resources].filter(([name]) => name !== 'neednodes' && name !== 'nodect'));
  for (const [name, value] of lists.flatMap(parsePairs)) {
    if (!isResource(name)) return { exit: 189, text: `qalter: Unknown resource type  Resource_List.${name} ${job.id}` };
    const seconds = name === 'walltime' ? parseSeconds(value) : undefined;
    asked.set(name, seconds === undefined ? value : clockText(seconds));
  }
  const nodes = asked.get('nodes');
  if (!isFeasible(server, nodes === undefined ? undefined : parseNodes(nodes), undefined, undefined))
    return { exit: 190, text: `qalter: Job exceeds queue resource limits MSG=cannot locate feasible nodes ${job.id}` };
  setResources(job, completed(asked, server.queues.get(job.queue)));
  return undefined;
}
