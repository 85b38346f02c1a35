/** One end of a connection in a page: reports what its socket showed. */
import { watchBufferedAmount } from "./buffered_amount_probe.ts";

const query = new URLSearchParams(location.search);
const socket = new WebSocket(query.get("url") ?? "");
socket.addEventListener("open", async () => {
  const seen = await watchBufferedAmount(socket, JSON.parse(query.get("load") ?? ""));
  await fetch("/report", { method: "POST", body: JSON.stringify(seen) });
});
