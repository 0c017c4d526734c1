import type { Command } from 'commander';
import type { DecisionRecord, PlanRecord } from '../api/schema/plan.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { harmless, painted, type Screen } from './screen.js';
import { ago, sizeText, subjectText } from './words.js';

function decisionLine(decision: DecisionRecord): string {
  const where = decision.host === undefined ? '' : ` on ${decision.host}`;
  const size = decision.cores === undefined || decision.memoryMiB === undefined ? '' : ` (${sizeText(decision.cores, decision.memoryMiB)})`;
  return `  ${decision.kind} ${harmless(`${subjectText(decision.subject)}${where}${size}: ${decision.why}`)}`;
}

/** What this tick does and would do, then everything that is said of anything. */
export function planText(screen: Screen, plan: PlanRecord, now: number): string {
  const title = (text: string): string => painted(screen, 'bold', text);
  const lines = [`tick ${plan.revision}, ${ago(plan.at, now)} ago, mode ${plan.mode}`];
  if (plan.decisions.length > 0) lines.push('', title('Decided'), ...plan.decisions.map(decisionLine));
  if (plan.recorded.length > 0) lines.push('', title('Would be done, but for the mode, an approval or a freeze'), ...plan.recorded.map(decisionLine));
  if (plan.deeds.length > 0)
    lines.push('', title('Next steps'), ...plan.deeds.map((deed) => `  ${deed.verb} of ${subjectText(deed.subject)}: ${harmless(deed.why)}`));
  if (plan.decisions.length + plan.recorded.length + plan.deeds.length === 0) lines.push('', 'nothing is to be done now');
  if (plan.reasons.length > 0) lines.push('', title('Why'));
  for (const { subject, title: group, said } of plan.reasons) {
    lines.push(
      `  ${painted(screen, 'cyan', group === undefined ? subjectText(subject) : harmless(group))}`,
      ...said.map(({ text }) => `    ${harmless(text)}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** `domus plan`. */
export function addPlan(program: Command, context: Context): void {
  program
    .command('plan')
    .description('what Domus does now, what it would do, and why; changes nothing')
    .action(
      ends(context, async (_: unknown, command: Command) => {
        const common = commonOf(command, context);
        const plan = await (await clientOf(common)).read('GET /plan', {});
        show(context, common, plan, () => planText(context.screen, plan, context.clock.wall()));
        return undefined;
      }),
    );
}
