/** P3: each acknowledged command took effect exactly once, and its answer says what the log says. */
import type { CommandEvidence, Json, Violation } from "../evidence.ts";
import type { UserLog } from "./user-log.ts";

type Tell = (rule: string, detail: string) => void;
interface Acknowledged {
  readonly command: CommandEvidence;
  readonly value: Json;
  readonly log: UserLog;
  readonly tell: Tell;
}

export function checkCommands(
  commands: readonly CommandEvidence[],
  logs: ReadonlyMap<string, UserLog>,
): Violation[] {
  const violations: Violation[] = [];
  const acknowledged = new Set(commands.filter(({ answer }) => answer?.ok).map(keyOf));
  for (const command of commands) {
    // A refusal that may pass is no outcome: the same key, sent again, may have been accepted.
    if (!command.answer?.ok && acknowledged.has(keyOf(command))) continue;
    const log = logs.get(command.userId);
    const subject = `${command.message} ${command.key} of ${command.client}`;
    const tell: Tell = (rule, detail) => violations.push({ rule, subject, detail });
    if (log === undefined) tell("P3 lost", `Redis knows nothing of ${command.userId}`);
    else checkCommand(command, log, tell);
  }
  violations.push(...checkAgreement(commands));
  return violations;
}

function checkCommand(command: CommandEvidence, log: UserLog, tell: Tell): void {
  const { answer } = command;
  if (answer === null || answer.ok === false) {
    checkNotAcknowledged(command, log, tell);
    return;
  }
  const check = CHECKS[command.message];
  check?.({ command, value: answer.value, log, tell });
}

const CHECKS: Record<string, (acknowledged: Acknowledged) => void> = {
  "order:place": ({ command, value, log, tell }) => {
    checkPlaced(command.key, value, log, tell);
  },
  "order:place_oco": ({ command, value, log, tell }) => {
    const ids = ["limit", "stop"].flatMap((leg) => [
      ...(log.byClientOrderId.get(`${command.key}.${leg}`) ?? []),
    ]);
    const answered = value.orders.map(({ id }: Json) => id);
    if (ids.join() !== answered.join()) {
      tell("P3 once", `answered with ${answered.join()}, the log has ${ids.join() || "nothing"}`);
    }
    for (const order of value.orders) checkOrder(order, log, tell);
  },
  "order:cancel": ({ value, log, tell }) => checkCancelled(value.order, log, tell),
  "order:cancel_all": ({ value, log, tell }) => {
    for (const order of value.orders) checkCancelled(order, log, tell);
  },
  "order:cancel_replace": ({ command, value, log, tell }) => {
    checkCancelled(value.cancelled, log, tell);
    checkPlaced(command.key, value.placed, log, tell);
  },
  "order:amend": ({ value, log, tell }) => {
    const { id, quantity } = value.order;
    const amended = (log.byOrder.get(id) ?? []).filter(
      ([name, payload]) => name === "order:amended" && payload.order.quantity === quantity,
    );
    if (amended.length !== 1)
      tell("P3 once", `${amended.length} amendments of ${id} to ${quantity}`);
  },
  "account:deposit": (acknowledged) => checkTransferred(acknowledged, "deposit"),
  "account:withdraw": (acknowledged) => checkTransferred(acknowledged, "withdrawal"),
};

/** A refusal or silence promises no effect, but never two; a refusal that settles it promises none at all. */
function checkNotAcknowledged(
  { answer, key, body }: CommandEvidence,
  log: UserLog,
  tell: Tell,
): void {
  const ids = [...(log.byClientOrderId.get(key) ?? [])];
  if (ids.length > 1) tell("P3 once", `not acknowledged, but made ${ids.join()}`);
  const settled = answer !== null && answer.ok === false && answer.error.code !== "OUTCOME_UNKNOWN";
  const made = ids.filter((id) => log.byOrder.get(id)!.some(([name]) => name !== "order:rejected"));
  if (settled && made.length > 0) {
    tell("P3 refused", `refused with ${answer.error.code}, but made ${made.join()}`);
  }
  if (body.amount === undefined) return;
  const count = transfers(log, body.amount).length;
  if (count > (settled ? 0 : 1)) tell("P3 once", `not acknowledged, but booked ${count} times`);
}

function checkPlaced(key: string, { order, trades }: Json, log: UserLog, tell: Tell): void {
  const ids = [...(log.byClientOrderId.get(key) ?? [])];
  if (ids.length !== 1 || ids[0] !== order.id) {
    tell("P3 once", `answered with ${order.id}, the log has ${ids.join() || "nothing"}`);
    return;
  }
  checkOrder(order, log, tell);
  const logged = new Set(
    log.events
      .filter(([name]) => name === "trade:executed")
      .map(([, { trade }]) => JSON.stringify(trade)),
  );
  for (const trade of trades) {
    if (!logged.has(JSON.stringify(trade)))
      tell("P3 answer", `trade ${trade.id} is not in the log`);
  }
}

/** The order as answered is the order as told at one moment. */
function checkOrder(order: Json, log: UserLog, tell: Tell): void {
  const told = (log.byOrder.get(order.id) ?? []).some(([, payload]) =>
    TOLD_FIELDS.every((field) => payload.order[field] === order[field]),
  );
  if (!told)
    tell(
      "P3 answer",
      `the log never told of ${order.id} as ${order.status}, ${order.filledQuantity} filled`,
    );
}

const TOLD_FIELDS = [
  "clientOrderId",
  "status",
  "quantity",
  "filledQuantity",
  "averagePrice",
  "fee",
];

function checkCancelled(order: Json, log: UserLog, tell: Tell): void {
  const events = log.byOrder.get(order.id) ?? [];
  const cancelled = events.filter(([name]) => name === "order:cancelled").length;
  if (cancelled !== 1) tell("P3 once", `${order.id} was cancelled ${cancelled} times`);
}

/** Transfers of a run have amounts that occur once, so they can be told apart. */
function checkTransferred({ command, log, tell }: Acknowledged, reason: string): void {
  const booked = transfers(log, command.body.amount);
  if (booked.length !== 1 || booked[0].reason !== reason) {
    tell("P3 once", `${command.body.amount} was booked ${booked.length} times`);
  }
}

function transfers(log: UserLog, amount: string): Json[] {
  const reasons = ["deposit", "withdrawal"];
  return log.stored.journal
    .filter(([, text]) => text.includes(`"${amount}"`))
    .map(([, text]) => JSON.parse(text))
    .filter((posting) => posting.amount === amount && reasons.includes(posting.reason));
}

/** One key has one outcome, on whichever gateway and however often it was asked. */
function checkAgreement(commands: readonly CommandEvidence[]): Violation[] {
  const byKey = Map.groupBy(commands, keyOf);
  const violations: Violation[] = [];
  for (const [subject, same] of byKey) {
    const outcomes = new Set(same.filter(({ answer }) => answer?.ok).map(outcomeOf));
    if (outcomes.size <= 1) continue;
    violations.push({ rule: "P3 one answer", subject, detail: [...outcomes].join(" and ") });
  }
  return violations;
}

function keyOf({ userId, key }: CommandEvidence): string {
  return `${userId} ${key}`;
}

function outcomeOf({ answer }: CommandEvidence): string {
  const value: Json = answer?.ok === true ? answer.value : null;
  return JSON.stringify(value?.order ?? value?.orders ?? value);
}
