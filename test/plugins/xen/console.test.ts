import { describe, expect, it } from 'vitest';
import { parseConsole } from '../../../plugins/xen/parse-console.js';

describe('the end of a console', () => {
  it('is its last lines, without what a terminal obeys', () => {
    const text = '\u001b[2J\u001b]0;evil title\u0007[    1.2] Kernel panic\r\n\u001b[0;32m  OK  \u001b[0m Started\tssh\n\n\u0000\u009b31mend\u202e\u0008\n';
    expect(parseConsole(text)).toEqual(['[    1.2] Kernel panic', '  OK   Started ssh', '31mend']);
  });
  it('is bounded, and nothing of nothing', () => {
    const many = parseConsole(Array.from({ length: 500 }, (_, n) => `line ${n} ${'x'.repeat(1000)}`).join('\n'));
    expect(many).toHaveLength(20);
    expect(many.at(-1)).toMatch(/^line 499 x+$/);
    expect(Math.max(...many.map((line) => line.length))).toBe(200);
    expect(parseConsole('')).toEqual([]);
  });
  it('takes the place of what was overwritten on the same line', () => {
    expect(parseConsole('10%\r50%\r100%\n')).toEqual(['10%', '50%', '100%']);
  });
});
