/** Markup is made by functions, never by gluing text: what comes from outside is a string, and a string is always escaped. */
export interface Markup {
  readonly markup: string;
}
export type Child = Markup | string | number | undefined | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | undefined>>;

// What XML forbids, what moves a cursor, and marks that turn the direction of the text around them.
const unsafe =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it may stand between tags and in a quoted attribute, in HTML and in XML. */
export const escaped = (text: string): string => text.replace(unsafe, '\ufffd').replace(/[&<>"']/g, (sign) => entities[sign]!);

const inner = (child: Child): string => {
  if (child === undefined) return '';
  if (typeof child === 'string' || typeof child === 'number') return escaped(String(child));
  return 'markup' in child ? child.markup : child.map(inner).join('');
};

/** One element. Without children it closes itself: leave that to elements which HTML knows as empty, and to SVG's. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const words = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${escaped(String(value))}"`]));
  const open = `<${name}${words.join('')}`;
  return { markup: children.length === 0 ? `${open}/>` : `${open}>${inner(children)}</${name}>` };
}

/** Several pieces as one. */
export const together = (...children: readonly Child[]): Markup => ({ markup: inner(children) });

/** Text of our own that is markup, style or script already. Never for what comes from outside. */
export const ours = (markup: string): Markup => ({ markup });

const longest = 60;

/** A name from outside (class, file, user): bounded, and shut off from the direction of the text around it. */
export function outside(name: string): Markup {
  return element('bdi', {}, cut(name));
}

/** At most `letters` of it. */
export function cut(name: string, letters = longest): string {
  const all = [...name];
  return all.length <= letters ? name : `${all.slice(0, letters - 1).join('')}…`;
}
