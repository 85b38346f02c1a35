/** The hooks of React that are used here. The types of React itself change the global types of a program. */
export function useCallback<T>(callback: T, dependencies: readonly unknown[]): T;
export function useEffect(effect: () => void | (() => void), dependencies?: readonly unknown[]): void;
export function useInsertionEffect(
  effect: () => void | (() => void),
  dependencies?: readonly unknown[],
): void;
export function useRef<T>(value: T): { current: T };
export function useSyncExternalStore<T>(
  subscribe: (onChange: () => void) => () => void,
  getSnapshot: () => T,
  getServerSnapshot: () => T,
): T;
