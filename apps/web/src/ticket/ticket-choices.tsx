import { type Draft, TICKET_TYPES, type TicketType, TYPE_NAMES } from "./order-draft.ts";
import { changeDraft } from "./ticket-store.ts";

export function SideChoice({ side }: { side: Draft["side"] }) {
  return (
    <fieldset className="sides" aria-label="Side">
      {(["buy", "sell"] as const).map((name) => (
        <button
          key={name}
          type="button"
          className={`side ${name}`}
          aria-pressed={side === name}
          aria-keyshortcuts={name.charAt(0).toUpperCase()}
          onClick={() => changeDraft({ side: name })}
        >
          {name === "buy" ? "Buy" : "Sell"}
        </button>
      ))}
    </fieldset>
  );
}

export function TypeChoice({ type }: { type: TicketType }) {
  const isQuick = type === "market" || type === "limit";
  return (
    <fieldset className="types" aria-label="Order type">
      {(["market", "limit"] as const).map((name) => (
        <button
          key={name}
          type="button"
          className="choice"
          aria-pressed={type === name}
          onClick={() => changeDraft({ type: name })}
        >
          {TYPE_NAMES[name]}
        </button>
      ))}
      <select
        className={isQuick ? "choice" : "choice chosen"}
        aria-label="More order types"
        value={isQuick ? "" : type}
        onChange={(event) => changeDraft({ type: event.target.value as TicketType })}
      >
        <option value="" disabled hidden>
          More…
        </option>
        {TICKET_TYPES.slice(2).map((name) => (
          <option key={name} value={name}>
            {TYPE_NAMES[name]}
          </option>
        ))}
      </select>
    </fieldset>
  );
}
