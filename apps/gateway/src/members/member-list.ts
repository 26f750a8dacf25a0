/**
 * Who is in a room, on all nodes: for operators, never for what a user waits for, since a node that is gone takes the
 * adapter's whole patience of 5 s.
 *
 * Each node is asked for its members of every kind. Socket.IO's own `fetchSockets` knows of its sockets alone, and carries
 * their handshakes along.
 */
import type { Hub } from "@mirrorbook/fanout";
import { AppError } from "@mirrorbook/kernel";
import { DIALECT_NAMES } from "@mirrorbook/protocol";
import type { Server } from "socket.io";
import { z } from "zod";
import type { Connections } from "./connections.ts";

const QUESTION = "members:list";
/** Members that one node tells of; `complete` is false when there are more. */
const MEMBERS_PER_NODE_MAX = 1_000;
/** Questions of this node that wait at a time. */
const QUESTIONS_MAX = 4;

const ListedMember = z.object({
  id: z.string(),
  node: z.string(),
  transport: z.enum(["websocket", "polling", "plain"]),
  dialect: z.enum(DIALECT_NAMES),
  address: z.string(),
  userId: z.string().nullable(),
  name: z.string().nullable(),
  connectedAt: z.iso.datetime({ precision: 3 }),
  rooms: z.array(z.string()),
});
export const MemberListing = z.object({
  sockets: z.array(ListedMember),
  /** `false`: some node did not answer in time, or has more members than it tells of. */
  complete: z.boolean(),
});
export type MemberListing = z.infer<typeof MemberListing>;

export interface MemberListOptions {
  readonly io: Server;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly node: string;
}

export class MemberList {
  readonly #options: MemberListOptions;
  #asking = 0;

  constructor(options: MemberListOptions) {
    this.#options = options;
    options.io.on(QUESTION, (room: string, answer: (listing: MemberListing) => void) =>
      answer(this.#here(room)),
    );
  }

  /** @throws {AppError} UNAVAILABLE while Redis is away, RATE_LIMITED when operators ask too much at once. */
  async of(room: string): Promise<MemberListing> {
    if (this.#asking >= QUESTIONS_MAX) {
      throw new AppError("RATE_LIMITED", "Other nodes are being asked already; try again.");
    }
    this.#asking++;
    try {
      return merged([this.#here(room), ...(await this.#elsewhere(room))]);
    } finally {
      this.#asking--;
    }
  }

  #here(room: string): MemberListing {
    const { hub, connections, node } = this.#options;
    const members = hub.membersIn(room);
    const sockets = members.slice(0, MEMBERS_PER_NODE_MAX).flatMap((member) => {
      const connection = connections.get(member.id);
      if (connection === undefined) return [];
      const { id, transport, dialect, userId } = member;
      const { seat, identity, connectedAtMs } = connection;
      return {
        id,
        node,
        transport,
        dialect,
        address: seat.address,
        userId,
        name: identity?.name ?? null,
        connectedAt: new Date(connectedAtMs).toISOString(),
        rooms: [...member.rooms()],
      };
    });
    return { sockets, complete: members.length <= MEMBERS_PER_NODE_MAX };
  }

  /** What the other nodes answer; a last, empty listing stands for those that did not. */
  async #elsewhere(room: string): Promise<MemberListing[]> {
    try {
      return await this.#options.io.serverSideEmitWithAck(QUESTION, room);
    } catch (cause) {
      const { responses } = cause as { responses?: MemberListing[] };
      if (responses !== undefined) return [...responses, { sockets: [], complete: false }];
      throw new AppError("UNAVAILABLE", "The other nodes cannot be asked now.", { cause });
    }
  }
}

function merged(listings: readonly MemberListing[]): MemberListing {
  return {
    sockets: listings.flatMap(({ sockets }) => sockets),
    complete: listings.every(({ complete }) => complete),
  };
}
