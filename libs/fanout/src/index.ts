export { textFrame } from "./frames.ts";
export { Hub, type HubOptions } from "./hub.ts";
export { batchOf } from "./packet.ts";
export { closeServer, type TakePacket, takePackets } from "./socket-io-internals.ts";
export type { SubscriberClient } from "./tracked-subscriber.ts";
export * from "./types.ts";
