import { splitName } from '../model/split-name.ts';

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

type Properties<E> = { readonly [name in keyof E]?: E[name] } & { readonly [attribute: `${string}-${string}`]: string };

/** Creates an element. Strings become text, never HTML. `role` and names with a hyphen are attributes, others properties. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function byId<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** Whether there is a pointer that can be over an element without touching it. */
const HOVER = matchMedia('(hover: hover)');

/** Whether a pointer is over the element, which must then keep its parts where they are. */
export function isPointedAt(element: Element): boolean {
  return HOVER.matches && element.matches(':hover');
}

/** Removes the last children, or appends new ones, until there are `count`. */
export function fitChildren(parent: Element, count: number, create: () => Element): void {
  while (parent.children.length > count) parent.lastElementChild!.remove();
  while (parent.children.length < count) parent.append(create());
}

/** Sets the text only if it has changed, so that selections, screen readers and the layout are not disturbed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows a name, whose middle is left out where there is no room for it. Its tooltip is the whole name. */
export function setName(link: HTMLAnchorElement, name: string): void {
  if (link.title === name) return;
  const [start, end] = splitName(name);
  link.title = name;
  link.setAttribute('aria-label', name);
  link.replaceChildren(el('span', { className: 'name-start' }, start), el('span', { className: 'name-end' }, end));
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
