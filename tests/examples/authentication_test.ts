import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../scripts/lib/process.ts";

const folder = fileURLToPath(new URL("../../examples/authentication/", import.meta.url));

/** What each program prints. */
const PRINTED: Readonly<Record<string, string>> = {
  query: "connected: Ada\nwithout a token: 401\n",
  cookie: "connected: Ada\nfrom another page: 1 connection\n",
  subprotocol: "connected: Ada\nwith a wrong token: 1 connection\n",
  first_message:
    "connected: Ada\nthe hub reports: Cannot authenticate a spoke\nwith a wrong token: 4401 not authenticated\n",
  logout: "heard: see you\nthe link has ended: 4401 logged out\n",
  expiry: "the link comes back: the token has expired\nconnected with token 2: Ada\n",
};

for (const [name, printed] of Object.entries(PRINTED)) {
  Deno.test(`the program of the page Authentication runs: ${name}`, async () => {
    const output = await runProcess([Deno.execPath(), "run", "--allow-net", `${folder}${name}.ts`]);
    assertEquals(output, printed);
  });
}
