/** A spoke as a page: `?hub=<URL>&id=<id>`. Posts its report to the server of the page. */
import { runSpoke } from "./_spoke.ts";

const search = new URLSearchParams(location.search);
const report = await runSpoke(search.get("hub") ?? "", search.get("id") ?? "", WebSocket)
  .catch((error) => ({ failed: String(error) }));
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
