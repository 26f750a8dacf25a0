import type { Clock } from "@mirrorbook/kernel";
import type { HubMember } from "./member.ts";
import type { FanoutLimits } from "./types.ts";

export interface SlowMemberHooks {
  /** It has read what was waiting for it. */
  onRecovered(member: HubMember): void;
  /** It has too much waiting, or for too long. */
  onHopeless(member: HubMember): void;
}

/** Keeps an eye on members that read more slowly than they are sent to (promise P8). */
export class SlowMembers {
  readonly #limits: FanoutLimits;
  readonly #hooks: SlowMemberHooks;
  readonly #clock: Clock;
  readonly #slow = new Map<HubMember, PromiseWithResolvers<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: FanoutLimits, hooks: SlowMemberHooks, clock: Clock) {
    this.#limits = limits;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  get size(): number {
    return this.#slow.size;
  }

  /** Call when a member has more than `conflateAboveBytes` waiting. */
  add(member: HubMember, backlogBytes: number): void {
    if (backlogBytes > this.#limits.disconnectAboveBytes) {
      this.#hooks.onHopeless(member);
      return;
    }
    if (member.slow) return;
    member.slowSinceMs = this.#clock.monotonicMs();
    this.#slow.set(member, Promise.withResolvers());
    this.#timer ??= setInterval(() => this.#check(), this.#limits.slowCheckMs).unref();
  }

  /** Resolves when the member keeps up, or is gone. */
  async recovered(member: HubMember): Promise<void> {
    await this.#slow.get(member)?.promise;
  }

  forget(member: HubMember): void {
    this.#slow.get(member)?.resolve();
    this.#slow.delete(member);
    if (this.#slow.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    for (const member of this.#slow.keys()) this.forget(member);
  }

  #check(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const member of this.#slow.keys()) {
      const backlogBytes = member.wire.backlogBytes();
      if (backlogBytes <= this.#limits.recoverBelowBytes) {
        member.slowSinceMs = null;
        this.forget(member);
        this.#hooks.onRecovered(member);
      } else if (
        backlogBytes > this.#limits.disconnectAboveBytes ||
        nowMs - (member.slowSinceMs ?? nowMs) > this.#limits.slowForMs
      ) {
        this.#hooks.onHopeless(member);
      }
    }
  }
}
