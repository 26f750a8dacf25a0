/**
 * Trade rooms by REST: what there is, who is in, and the commands of owners and members. Every command has an id and is
 * repeated with it while it may not have arrived, so it takes effect at most once (P3). All of it throws `ApiError`.
 */
import type {
  LeaderboardRow,
  NewRoom,
  RoomMember,
  RoomMetric,
  RoomView,
} from "@mirrorbook/protocol";
import { makeId } from "./order-desk.ts";
import { ApiError, type RestRequest } from "./rest.ts";
import { backoffMs, COMMAND_BACKOFF, mayRepeat } from "./retry-policy.ts";

const ATTEMPTS_MAX = 4;

/** What the user is in a room; `null`: never was in it. */
export type Membership = "joined" | "left" | "removed" | null;
export type RoomStep = "open" | "start" | "pause" | "resume" | "end" | "cancel";

export interface RoomAnswer {
  readonly room: RoomView;
  /** Told to the owner only; `null` in a public room. */
  readonly code?: string | null;
  readonly membership: Membership;
}

export interface RoomList {
  readonly rooms: readonly RoomView[];
  readonly memberships: Readonly<Record<string, Membership>>;
  readonly nextOffset: number | null;
}

export interface BoardPage {
  readonly rows: readonly LeaderboardRow[];
  /** The user's own rank, from 1. */
  readonly place: number | null;
}

export interface EquityCurve {
  readonly member: string;
  readonly everyMs: number;
  /** One per snapshot, oldest first. */
  readonly equity: readonly string[];
}

export interface RoomResult {
  readonly finalHash: string;
  readonly ranking: {
    readonly metric: RoomMetric;
    readonly endedAtMs: number;
    readonly marks: Readonly<Record<string, string>>;
    readonly rows: readonly LeaderboardRow[];
  };
}

type Send = <T>(path: string, options?: Omit<RestRequest, "token">) => Promise<T>;

export class RoomDesk {
  readonly #send: Send;
  readonly #onDone: (roomId: string) => void;

  /** @param onDone called after each command with the room it was for */
  constructor(send: Send, onDone: (roomId: string) => void = () => {}) {
    this.#send = send;
    this.#onDone = onDone;
  }

  /** Public rooms and the user's own, newest first. `mine`: those the user is in or owns. */
  list({ mine = false, offset = 0, limit = 100 } = {}): Promise<RoomList> {
    return this.#send(`rooms?mine=${mine}&offset=${offset}&limit=${limit}`);
  }

  read(roomId: string): Promise<RoomAnswer> {
    return this.#send(`rooms/${roomId}`);
  }

  /** Makes a draft, which nobody else sees until it is opened. */
  create(rules: NewRoom): Promise<RoomAnswer> {
    return this.#command("rooms", rules);
  }

  /** Replaces the rules of a draft. */
  edit(roomId: string, rules: NewRoom): Promise<RoomAnswer> {
    return this.#command(`rooms/${roomId}`, rules, "PUT");
  }

  move(roomId: string, step: RoomStep): Promise<RoomAnswer> {
    return this.#command(`rooms/${roomId}/${step}`);
  }

  /** Takes a seat; a room by invitation wants its code. */
  join(roomId: string, invitation: { name?: string; code?: string } = {}): Promise<RoomAnswer> {
    return this.#command(`rooms/${roomId}/join`, invitation);
  }

  /** Takes a seat in the room the code is for. */
  joinByCode(code: string, name?: string): Promise<RoomAnswer> {
    return this.#command("rooms/join", { code, ...(name === undefined ? {} : { name }) });
  }

  leave(roomId: string): Promise<RoomAnswer> {
    return this.#command(`rooms/${roomId}/leave`);
  }

  /** Removes a member for good. */
  kick(roomId: string, memberId: string): Promise<RoomAnswer> {
    return this.#command(`rooms/${roomId}/members/${memberId}/kick`);
  }

  async members(roomId: string): Promise<readonly RoomMember[]> {
    return (await this.#send<{ members: RoomMember[] }>(`rooms/${roomId}/members`)).members;
  }

  /** Rows of the ranking from `offset` on, or those around the user's own. */
  leaderboard(roomId: string, page: { offset?: number; limit?: number; around?: "me" } = {}) {
    const { offset = 0, limit = 20, around } = page;
    const where = around === undefined ? `offset=${offset}` : `around=${around}`;
    return this.#send<BoardPage>(`rooms/${roomId}/leaderboard?${where}&limit=${limit}`);
  }

  /** A member's equity at each snapshot; the user's own when nobody is named. */
  equity(roomId: string, member?: string): Promise<EquityCurve> {
    const query = member === undefined ? "" : `?member=${member}`;
    return this.#send(`rooms/${roomId}/equity${query}`);
  }

  /** The frozen ranking of a room that has ended. */
  result(roomId: string): Promise<RoomResult> {
    return this.#send(`rooms/${roomId}/result`);
  }

  async #command(
    path: string,
    body: object = {},
    method: "POST" | "PUT" = "POST",
  ): Promise<RoomAnswer> {
    const idempotencyKey = makeId("room");
    let isUnknown = false;
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.#send<RoomAnswer>(path, { method, body, idempotencyKey });
        this.#onDone(answer.room.id);
        return answer;
      } catch (error) {
        const isLast = attempt + 1 === ATTEMPTS_MAX;
        if (!(error instanceof ApiError) || isLast || !mayRepeat(error.code, isUnknown))
          throw error;
        isUnknown = true;
      }
      const waitMs = backoffMs(attempt, Math.random(), COMMAND_BACKOFF);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
