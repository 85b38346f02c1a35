/** A request as bytes: what no client of HTTP would send. */

/** Sends text to a port of this machine, and returns what comes back before the end, or before a second of silence. */
export async function rawRequest(port: number, text: string, silenceMs = 1000): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let received = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await connection.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    for (;;) {
      const silence = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), silenceMs));
      const count = await Promise.race([connection.read(buffer), silence]);
      clearTimeout(timer);
      if (count === null) break;
      received += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  } catch {
    // The server has ended the connection.
  }
  clearTimeout(timer);
  return received;
}

const UPGRADE = "connection: upgrade\r\nupgrade: websocket\r\n";
const KEY = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n";
const HOST = "host: 127.0.0.1\r\n";

/** Requests that are hardly requests, by what is wrong with them. */
export const HOSTILE_REQUESTS: Readonly<Record<string, string>> = {
  "a method that no Request has": `TRACE /publish HTTP/1.1\r\n${HOST}\r\n`,
  "the same with an upgrade": `TRACE /events HTTP/1.1\r\n${HOST}${UPGRADE}${KEY}\r\n`,
  "a method for proxies": `CONNECT /publish HTTP/1.1\r\n${HOST}\r\n`,
  "a Host with a user": "GET /events?topic=a HTTP/1.1\r\nhost: a:b@127.0.0.1\r\n\r\n",
  "the same for an upgrade": `GET /events HTTP/1.1\r\nhost: a:b@127.0.0.1\r\n${UPGRADE}${KEY}\r\n`,
  "an invalid Host": "GET /events?topic=a HTTP/1.1\r\nhost: [\r\n\r\n",
  "a path without a host": `GET // HTTP/1.1\r\n${HOST}\r\n`,
  "a path with a wrong host": `GET //[ HTTP/1.1\r\n${HOST}\r\n`,
  "a target with a wrong host": `GET http://[/ HTTP/1.1\r\n${HOST}\r\n`,
  "a target for the server": `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  "an upgrade to a target with a wrong host": `GET http://[/ HTTP/1.1\r\n${HOST}${UPGRADE}${KEY}\r\n`,
  "headers that are not ASCII": `GET /publish HTTP/1.1\r\n${HOST}last-event-id: \xff\r\norigin: \xfe\r\n\r\n`,
  "an upgrade without a key": `GET /events HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`,
  "an upgrade to another version": `GET /events HTTP/1.1\r\n${HOST}${UPGRADE}${KEY.replace("13", "99")}\r\n`,
  "an upgrade of a request to publish": `POST /events HTTP/1.1\r\n${HOST}${UPGRADE}${KEY}\r\n`,
  "an upgrade to HTTP/2": `GET /publish HTTP/1.1\r\n${HOST}connection: upgrade\r\nupgrade: h2c\r\n\r\n`,
  "a chunk without a length": `POST /publish HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\nzz\r\n`,
  "a body with two lengths":
    `POST /publish HTTP/1.1\r\n${HOST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
};
