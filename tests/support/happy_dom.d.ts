/** What the tests use of happy-dom, whose own types change the global ones. */
export class Window {
  readonly document: { createElement(name: string): { readonly textContent: string } };
  readonly happyDOM: { close(): Promise<void>; waitUntilComplete(): Promise<void> };
}
