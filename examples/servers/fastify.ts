// node fastify.ts
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { hub } from "./hub.ts";

const app = Fastify();
await app.register(websocket);
app.get("/", () => "Hello\n");
app.get(
  "/events",
  { websocket: true },
  (socket) => void hub.addConnection(socket),
);
const port = Number(process.env.PORT ?? 8787);
console.log("listening", await app.listen({ host: "127.0.0.1", port }));
