/** The compiler of the users of the package, and its options. */

/** The package of npm. */
export const TYPESCRIPT = "typescript@7.0.2";

/** The oldest supported compiler, under a name of its own. */
export const OLDEST_TYPESCRIPT = "typescript56@npm:typescript@5.6.3";

/** Checks every declaration, with only the types of browsers. */
export const USER_OPTIONS = {
  target: "es2022",
  // The types of Repeater and of subscriptions need the last one.
  lib: ["es2022", "dom", "esnext.disposable"],
  types: [],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
} as const;
