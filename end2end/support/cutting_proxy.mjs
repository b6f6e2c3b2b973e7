// A server in front of the clinician's, whose stream can be cut and mended.

import { createServer, request } from "node:http";

/** `{ url, cut, mend, close }`; while cut, the stream answers 503 and nothing else changes. */
export async function startCuttingProxy(target, streamPath) {
  const { hostname, port } = new URL(target);
  let isCut = false;
  const streams = new Set();
  const sockets = new Set();
  const server = createServer((incoming, outgoing) => {
    const isStream = incoming.url.startsWith(streamPath);
    if (isStream && isCut) {
      outgoing.writeHead(503).end();
      return;
    }
    if (isStream) {
      streams.add(outgoing.socket);
      outgoing.on("close", () => streams.delete(outgoing.socket));
    }
    const { method, url, headers } = incoming;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      isCut = true;
      for (const socket of streams) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
