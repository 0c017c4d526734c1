import { Component, type ComponentChild, type FunctionComponent } from 'preact';

const equal = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, at) => each === b[at]));

/** A component that is drawn again only when one of its properties (or one entry of a list) is another object. */
export function still<P extends object>(Draw: FunctionComponent<P>) {
  return class Still extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const names = Object.keys(next) as (keyof P)[];
      return names.some((name) => !equal(next[name], this.props[name]));
    }
    override render(): ComponentChild {
      return <Draw {...(this.props as P)} />;
    }
  };
}
