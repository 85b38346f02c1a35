import type { Control } from "../../_wire/frame.ts";

/** What a spoke is told of the hub's upstream. */
export function upstreamControl(outageHops: number): Control {
  return { kind: "upstream", up: outageHops === 0, ...(outageHops > 1 && { hops: outageHops }) };
}
