// node express.ts
import express from "express";
import { WebSocketServer } from "ws";
import { hub } from "./hub.ts";

const port = Number(process.env.PORT ?? 8787);
const app = express();
app.get("/", (_request, response) => void response.send("Hello\n"));

const server = app.listen(
  port,
  "127.0.0.1",
  () => console.log("listening", server.address()),
);
const sockets = new WebSocketServer({ server, path: "/events" });
sockets.on("connection", (ws) => hub.addConnection(ws));
