/** How a member takes its messages: as Socket.IO packets inside Engine.IO, or as bare JSON. */
export type WireFormat = "socket.io" | "plain";

const TEXT_FINAL = 0x81;
const LENGTH_16_BIT = 126;
const LENGTH_64_BIT = 127;
export const FRAME_HEADER_BYTES_MAX = 10;

/** The Engine.IO packet type of a message; Engine.IO puts it before the Socket.IO packet. */
const ENGINE_MESSAGE = "4";
/** The types that stand before an event's JSON text in a frame: of Engine.IO, then of Socket.IO. */
export const SOCKET_IO_EVENT = `${ENGINE_MESSAGE}2`;

/**
 * Makes one unmasked, final WebSocket text frame, header and payload in one buffer so that it leaves in one write.
 * Source: RFC 6455, 5.2; a server never masks.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes(length) + length);
  frame.write(text, frameHeader(frame, 0, length), "utf8");
  return frame;
}

function headerBytes(length: number): number {
  return length < LENGTH_16_BIT ? 2 : length < 65_536 ? 4 : FRAME_HEADER_BYTES_MAX;
}

/** Writes the header of a text frame of `length` bytes at `at`, and returns where its payload begins. */
export function frameHeader(frame: Buffer, at: number, length: number): number {
  const bytes = headerBytes(length);
  frame[at] = TEXT_FINAL;
  if (bytes === 2) frame[at + 1] = length;
  else if (bytes === 4) {
    frame[at + 1] = LENGTH_16_BIT;
    frame.writeUInt16BE(length, at + 2);
  } else {
    frame[at + 1] = LENGTH_64_BIT;
    frame.writeUInt32BE(0, at + 2);
    frame.writeUInt32BE(length, at + 6);
  }
  return at + bytes;
}

/** A Socket.IO event packet of the main namespace, as Engine.IO takes it. */
export function socketIoPacket(name: string, body: unknown): string {
  return `2${JSON.stringify([name, body])}`;
}

/** The acknowledgement of packet `id` with one argument, given as JSON text. */
export function socketIoAcknowledgement(id: number, text: string): string {
  return `3${id}[${text}]`;
}

export function frameOf(text: string, format: WireFormat): Buffer {
  return textFrame(format === "socket.io" ? ENGINE_MESSAGE + text : text);
}
