import { useMarkets } from "@mirrorbook/sdk/react";
import { type ReactNode, useId } from "react";
import { assetName } from "../lib/format.ts";
import { NumberField } from "../ticket/number-field.tsx";
import { lengthText } from "./clock-face.ts";
import { DURATIONS_MIN, type RoomDraft } from "./room-draft.ts";
import { END_RULES, FILL_MODELS, HELD_SCOPES, METRIC_NAMES } from "./room-words.ts";

interface FieldsProps {
  readonly draft: RoomDraft;
  change(more: Partial<RoomDraft>): void;
}

export function MainFields({
  draft,
  change,
  canChangeVisibility,
}: FieldsProps & { canChangeVisibility: boolean }) {
  return (
    <Group title="The room">
      <label className="field">
        <span className="field-label">Name</span>
        <input
          name="name"
          autoComplete="off"
          maxLength={80}
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
        />
      </label>
      <MarketChoice draft={draft} change={change} />
      <NumberField
        name="startingCash"
        label="Starting cash of each member"
        unit="USD"
        value={draft.startingCash}
        onChange={(startingCash) => change({ startingCash })}
      />
      <NumberField
        name="memberLimit"
        label="Members at most"
        value={draft.memberLimit}
        onChange={(memberLimit) => change({ memberLimit })}
        onStep={(by) =>
          change({ memberLimit: String(Math.max(1, Number(draft.memberLimit) + by)) })
        }
      />
      <Choice
        label="Who can join"
        name="visibility"
        value={draft.visibility}
        options={{ public: "Anyone", ...(canChangeVisibility ? { code: "Who has the code" } : {}) }}
        onChange={(visibility) => change({ visibility })}
      />
    </Group>
  );
}

function MarketChoice({ draft, change }: FieldsProps) {
  const { markets } = useMarkets();
  const toggle = (symbol: string, isIn: boolean) =>
    change({
      markets: markets
        .map((market) => market.symbol)
        .filter((one) => (one === symbol ? isIn : draft.markets.includes(one))),
    });
  return (
    <fieldset className="field">
      <legend className="field-label">Markets</legend>
      <div className="market-choice">
        {markets.map(({ symbol, base }) => (
          <label key={symbol} className="check">
            <input
              type="checkbox"
              name="markets"
              checked={draft.markets.includes(symbol)}
              onChange={(event) => toggle(symbol, event.target.checked)}
            />
            {assetName(base)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function TimeFields({ draft, change }: FieldsProps) {
  const presets = Object.fromEntries(
    DURATIONS_MIN.map((min) => [String(min), lengthText(min * 60_000)]),
  );
  const isPreset = draft.durationMinutes in presets;
  return (
    <Group title="Time">
      <Choice
        label="Starts"
        name="start"
        value={draft.start}
        options={{ owner: "When I start it", time: "At a time" }}
        onChange={(start) => change({ start })}
      />
      {draft.start === "time" && (
        <Moment
          label="Start"
          name="startsAt"
          value={draft.startsAt}
          onChange={(startsAt) => change({ startsAt })}
        />
      )}
      <Choice
        label="Ends"
        name="end"
        value={draft.end}
        options={{ duration: "After a while", time: "At a time", owner: "When I end it" }}
        onChange={(end) => change({ end })}
      />
      {draft.end === "duration" && (
        <Choice
          label="Lasts"
          name="preset"
          value={isPreset ? draft.durationMinutes : "other"}
          options={{ ...presets, other: "Other…" }}
          onChange={(minutes) => change({ durationMinutes: minutes === "other" ? "" : minutes })}
        />
      )}
      {draft.end === "duration" && !isPreset && (
        <NumberField
          name="durationMinutes"
          label="Minutes"
          unit="min"
          value={draft.durationMinutes}
          onChange={(durationMinutes) => change({ durationMinutes })}
        />
      )}
      {draft.end === "time" && (
        <Moment
          label="End"
          name="endsAt"
          value={draft.endsAt}
          onChange={(endsAt) => change({ endsAt })}
        />
      )}
    </Group>
  );
}

export function WinningFields({ draft, change }: FieldsProps) {
  return (
    <Group title="Winning">
      <Choice
        label="Ranked by"
        name="metric"
        value={draft.metric}
        options={METRIC_NAMES}
        onChange={(metric) => change({ metric })}
        hint="Ratios count once there are ten returns, one per equity snapshot."
      />
      <Choice
        label="Positions at the end"
        name="endRule"
        value={draft.endRule}
        options={END_RULES}
        onChange={(endRule) => change({ endRule })}
      />
      <Choice
        label="Fees"
        name="fees"
        value={draft.fees}
        options={{ venue: "The venue's", none: "None", own: "Of my own…" }}
        onChange={(fees) => change({ fees })}
      />
      {draft.fees === "own" && (
        <div className="field-pair">
          <NumberField
            name="makerFee"
            label="Maker"
            unit="%"
            value={draft.makerFee}
            onChange={(makerFee) => change({ makerFee })}
          />
          <NumberField
            name="takerFee"
            label="Taker"
            unit="%"
            value={draft.takerFee}
            onChange={(takerFee) => change({ takerFee })}
          />
        </div>
      )}
    </Group>
  );
}

export function FairnessFields({ draft, change }: FieldsProps) {
  return (
    <Group title="How real it is">
      <Choice
        label="Limit orders fill"
        name="fillModel"
        value={draft.fillModel}
        options={FILL_MODELS}
        onChange={(fillModel) => change({ fillModel })}
      />
      <Choice
        label="Liquidity that is taken"
        name="heldScope"
        value={draft.heldScope}
        options={HELD_SCOPES}
        onChange={(heldScope) => change({ heldScope })}
        hint="Of its own: what members take is gone for the room, not for the others on the exchange."
      />
      <Choice
        label="Latency"
        name="latency"
        value={draft.latency}
        options={{
          none: "None",
          constant: "The same for every order",
          sampled: "Drawn for each order",
        }}
        onChange={(latency) => change({ latency })}
      />
      {draft.latency !== "none" && (
        <div className="field-pair">
          <NumberField
            name="latencyMs"
            label={draft.latency === "sampled" ? "Least" : "Delay"}
            unit="ms"
            value={draft.latencyMs}
            onChange={(latencyMs) => change({ latencyMs })}
          />
          {draft.latency === "sampled" && (
            <NumberField
              name="latencyMaxMs"
              label="Most"
              unit="ms"
              value={draft.latencyMaxMs}
              onChange={(latencyMaxMs) => change({ latencyMaxMs })}
            />
          )}
        </div>
      )}
    </Group>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="form-group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly name: string;
  readonly value: V;
  readonly options: Readonly<Partial<Record<V, string>>>;
  readonly hint?: string;
  onChange(value: V): void;
}

function Choice<V extends string>({ label, name, value, options, hint, onChange }: ChoiceProps<V>) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        name={name}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.target.value as V)}
      >
        {(Object.entries(options) as [V, string][]).map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function Moment(props: {
  label: string;
  name: string;
  value: string;
  onChange: (text: string) => void;
}) {
  return (
    <label className="field">
      <span className="field-label">{props.label}</span>
      <input
        type="datetime-local"
        name={props.name}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}
