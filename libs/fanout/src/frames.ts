/** How a member takes its messages: as Socket.IO packets inside Engine.IO, or as bare JSON. */
export type WireFormat = "socket.io" | "plain";

const TEXT_FINAL = 0x81;
const LENGTH_16_BIT = 126;
const LENGTH_64_BIT = 127;

/** The Engine.IO packet type of a message; Engine.IO puts it before the Socket.IO packet. */
const ENGINE_MESSAGE = "4";

/**
 * Makes one unmasked, final WebSocket text frame, header and payload in one buffer so that it leaves in one write.
 * Source: RFC 6455, 5.2; a server never masks.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerBytes = length < LENGTH_16_BIT ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = TEXT_FINAL;
  if (headerBytes === 2) frame[1] = length;
  else if (headerBytes === 4) {
    frame[1] = LENGTH_16_BIT;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64_BIT;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(text, headerBytes, "utf8");
  return frame;
}

/** A Socket.IO event packet of the main namespace, as Engine.IO takes it. */
export function socketIoPacket(name: string, body: unknown): string {
  return `2${JSON.stringify([name, body])}`;
}

export function frameOf(text: string, format: WireFormat): Buffer {
  return textFrame(format === "socket.io" ? ENGINE_MESSAGE + text : text);
}
