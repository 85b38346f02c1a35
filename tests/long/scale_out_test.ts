import { testScaleOut } from "../support/scale_out.ts";

// An event can rarely arrive out of order after a long stop of a hub on a loaded machine: what a link wrote to a socket that
// it gave up can still arrive. Issue 18 fixes this.
testScaleOut(
  "three hubs over one Redis, 300 spokes: whatever is killed or stopped, every event arrives once and in order, or " +
    "lies in a reported gap",
  { moves: true },
);
