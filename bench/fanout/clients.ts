/** Many WebSocket clients that only count what they get, so that they cost little: told what to do by IPC. */
import { connect, type Socket } from "node:net";

export interface ConnectClients {
  readonly group: string;
  readonly port: number;
  readonly path: string;
  readonly count: number;
  readonly socketIo: boolean;
}

interface Group {
  connected: number;
  readonly count: number;
  messages: number;
}

const AT_ONCE = 100;
const OPCODE_TEXT = 1;
const [OPEN, MESSAGE, ZERO, TWO] = ["0", "4", "0", "2"].map((char) => char.charCodeAt(0));
const groups = new Map<string, Group>();

/** A masked text frame with an all-zero mask: what a client must send, at the least cost. */
function clientFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

function openClient({ port, path, socketIo }: ConnectClients, group: Group): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    let rest: Buffer | null = null;
    let upgraded = false;
    const ready = () => {
      group.connected++;
      resolve(socket);
    };
    socket.on("data", (chunk: Buffer) => {
      let data: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
      if (!upgraded) {
        const end = data.indexOf("\r\n\r\n");
        if (end < 0) {
          rest = data;
          return;
        }
        upgraded = true;
        data = data.subarray(end + 4);
        if (!socketIo) ready();
      }
      let at = 0;
      while (data.length - at >= 4) {
        const short = data[at + 1]! & 0x7f;
        const header = short < 126 ? 2 : 4;
        const length = short < 126 ? short : data.readUInt16BE(at + 2);
        if (data.length - at < header + length) break;
        if ((data[at]! & 0x0f) === OPCODE_TEXT) onText(data[at + header]!, data[at + header + 1]!);
        at += header + length;
      }
      rest = at < data.length ? data.subarray(at) : null;
    });
    /** Engine.IO: 0 open, 2 ping, 4 message; Socket.IO inside it: 0 connected, 2 event. */
    function onText(first: number, second: number): void {
      if (!socketIo) group.messages++;
      else if (first === OPEN) socket.write(clientFrame("40"));
      else if (first === TWO) socket.write(clientFrame("3"));
      else if (first === MESSAGE && second === TWO) group.messages++;
      else if (first === MESSAGE && second === ZERO) ready();
    }
  });
}

async function connectClients(request: ConnectClients): Promise<void> {
  const group = groups.get(request.group) ?? { connected: 0, count: request.count, messages: 0 };
  groups.set(request.group, group);
  for (let left = request.count; left > 0; left -= AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, left) }, () => openClient(request, group));
    await Promise.all(batch);
  }
}

process.on("message", async (request: ConnectClients | { counts: true }) => {
  if ("counts" in request) {
    const counts = Object.fromEntries([...groups].map(([name, { messages }]) => [name, messages]));
    process.send?.({ counts });
    return;
  }
  await connectClients(request);
  process.send?.({ connected: request.group });
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
