import { describe, expect, it } from 'vitest';
import { cut, element, escaped, outside, together } from '../../src/chart/markup.js';

describe('markup', () => {
  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a & b', 'a &amp; b'],
    [`" onload='x'`, '&quot; onload=&#39;x&#39;'],
    ['a\u0000b\u001bc', 'a\ufffdb\ufffdc'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
    ['half \ud83d pair', 'half \ufffd pair'],
    ['half \ude00 pair', 'half \ufffd pair'],
    ['whole 😀 pair', 'whole 😀 pair'],
    ['not a character \uffff', 'not a character \ufffd'],
    ['line\nbreak\tand tab', 'line\nbreak\tand tab'],
  ])('escapes %j', (text, expected) => {
    expect(escaped(text)).toBe(expected);
  });

  it('escapes text and attributes, and takes markup as it is', () => {
    const made = element('p', { title: '"x"', hidden: undefined, n: 0 }, 'a<b', element('b', {}, 3), undefined, ['c', ['&']]);
    expect(made.markup).toBe('<p title="&quot;x&quot;" n="0">a&lt;b<b>3</b>c&amp;</p>');
    expect(element('br').markup).toBe('<br/>');
    expect(together('<', made).markup).toBe(`&lt;${made.markup}`);
  });

  it('bounds names from outside by letters, not by halves of them', () => {
    expect(cut('x'.repeat(60))).toHaveLength(60);
    expect([...cut('😀'.repeat(61))]).toHaveLength(60);
    expect(outside('a<b').markup).toBe('<bdi>a&lt;b</bdi>');
  });
});
