/** The compiler of those who use the package, and what they tell it. */

/** What npm installs it from. */
export const TYPESCRIPT = "typescript@7.0.2";

/** Checks every declaration, with no types but those of browsers. */
export const USER_OPTIONS = {
  target: "es2022",
  // Repeater's types, and those of subscriptions, need the last one.
  lib: ["es2022", "dom", "esnext.disposable"],
  types: [],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
} as const;
