// A hub that takes 0.1 ms for each event. Prints its URL, and the id of each event that does not follow the previous one.

import { startHub } from "../../../scripts/tools/hub.ts";
import { blockFor } from "../block_for.ts";

const MS_PER_EVENT = 0.1;

const hub = startHub();
console.log(hub.url);
let last = 0;
hub.eventTarget.listen("n", undefined, {
  onEvent({ id }) {
    if (Number(id) !== ++last) console.log(id);
    blockFor(MS_PER_EVENT);
  },
});
