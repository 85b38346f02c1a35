/** What the tests use of React, React DOM and its server. */
export type ReactNode = string | number | null | undefined | ReactElement | readonly ReactNode[];
export interface ReactElement {
  readonly props: unknown;
}
type Component<TProps> = (props: TProps) => ReactNode;
export const Fragment: Component<object>;
export const StrictMode: Component<object>;
export function createElement<TProps extends object>(
  component: Component<TProps> | string,
  props?: (TProps & { key?: number }) | null,
  ...children: ReactNode[]
): ReactElement;
export function act<T>(callback: () => Promise<T>): Promise<T>;
export function useEffect(effect: () => void | (() => void), dependencies?: readonly unknown[]): void;
export function useState<T>(value: T): [T, (next: (value: T) => T) => void];
export function createRoot(container: unknown): { render(node: ReactNode): void; unmount(): void };
export function renderToString(node: ReactNode): string;
