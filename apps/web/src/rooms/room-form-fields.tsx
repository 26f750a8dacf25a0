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

/** Fields of the draft that are one of a few words. */
type ChoiceName = "visibility" | "start" | "end" | "metric" | "endRule" | "fees" | "fillModel" | "heldScope" | "latency"; // biome-ignore format: a list
type TextName = "startingCash" | "memberLimit" | "durationMinutes" | "makerFee" | "takerFee" | "latencyMs" | "latencyMaxMs"; // biome-ignore format: a list

interface MainFieldsProps {
  readonly fields: FieldsProps;
  readonly canChangeVisibility: boolean;
}

export function MainFields({ fields, canChangeVisibility }: MainFieldsProps) {
  const { draft, change } = fields;
  const withCode = canChangeVisibility ? { code: "Who has the code" } : {};
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
      <MarketChoice {...fields} />
      <Amount name="startingCash" label="Starting cash of each member" unit="USD" fields={fields} />
      <Amount name="memberLimit" label="Members at most" fields={fields} />
      <Choice
        name="visibility"
        label="Who can join"
        options={{ public: "Anyone", ...withCode }}
        fields={fields}
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

const STARTS = { owner: "When I start it", time: "At a time" };
const ENDS = { duration: "After a while", time: "At a time", owner: "When I end it" };

export function TimeFields({ fields }: { fields: FieldsProps }) {
  const { start, end } = fields.draft;
  return (
    <Group title="Time">
      <Choice name="start" label="Starts" options={STARTS} fields={fields} />
      {start === "time" && <Moment name="startsAt" label="Start" fields={fields} />}
      <Choice name="end" label="Ends" options={ENDS} fields={fields} />
      {end === "duration" && <Duration {...fields} />}
      {end === "time" && <Moment name="endsAt" label="End" fields={fields} />}
    </Group>
  );
}

const LENGTHS = DURATIONS_MIN.map((min) => [String(min), lengthText(min * 60_000)] as const);

/** A usual length, or any number of minutes. */
function Duration({ draft, change }: FieldsProps) {
  const isUsual = LENGTHS.some(([minutes]) => minutes === draft.durationMinutes);
  return (
    <>
      <Select
        name="usualDuration"
        label="Lasts"
        value={isUsual ? draft.durationMinutes : "other"}
        options={[...LENGTHS, ["other", "Other…"]]}
        onChange={(minutes) => change({ durationMinutes: minutes === "other" ? "" : minutes })}
      />
      {!isUsual && (
        <Amount name="durationMinutes" label="Minutes" unit="min" fields={{ draft, change }} />
      )}
    </>
  );
}

const FEES = { venue: "The venue's", none: "None", own: "Of my own…" };

export function WinningFields({ fields }: { fields: FieldsProps }) {
  return (
    <Group title="Winning">
      <Choice
        name="metric"
        label="Ranked by"
        options={METRIC_NAMES}
        hint="Ratios count once there are ten returns, one per equity snapshot."
        fields={fields}
      />
      <Choice name="endRule" label="Positions at the end" options={END_RULES} fields={fields} />
      <Choice name="fees" label="Fees" options={FEES} fields={fields} />
      {fields.draft.fees === "own" && (
        <div className="field-pair">
          <Amount name="makerFee" label="Maker" unit="%" fields={fields} />
          <Amount name="takerFee" label="Taker" unit="%" fields={fields} />
        </div>
      )}
    </Group>
  );
}

const LATENCIES = {
  none: "None",
  constant: "The same for every order",
  sampled: "Drawn for each order",
};

export function FairnessFields({ fields }: { fields: FieldsProps }) {
  const { latency } = fields.draft;
  const isSampled = latency === "sampled";
  return (
    <Group title="How real it is">
      <Choice name="fillModel" label="Limit orders fill" options={FILL_MODELS} fields={fields} />
      <Choice
        name="heldScope"
        label="Liquidity that is taken"
        options={HELD_SCOPES}
        hint="Of its own: what members take is gone for the room, not for the others on the exchange."
        fields={fields}
      />
      <Choice name="latency" label="Latency" options={LATENCIES} fields={fields} />
      {latency !== "none" && (
        <div className="field-pair">
          <Amount
            name="latencyMs"
            label={isSampled ? "Least" : "Delay"}
            unit="ms"
            fields={fields}
          />
          {isSampled && <Amount name="latencyMaxMs" label="Most" unit="ms" fields={fields} />}
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

interface FieldProps<N> {
  readonly name: N;
  readonly label: string;
  readonly fields: FieldsProps;
}

function Amount({ name, label, unit, fields }: FieldProps<TextName> & { readonly unit?: string }) {
  return (
    <NumberField
      name={name}
      label={label}
      {...(unit === undefined ? {} : { unit })}
      value={fields.draft[name]}
      onChange={(text) => fields.change({ [name]: text })}
    />
  );
}

function Moment({ name, label, fields }: FieldProps<"startsAt" | "endsAt">) {
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <input
        type="datetime-local"
        name={name}
        value={fields.draft[name]}
        onChange={(event) => fields.change({ [name]: event.target.value })}
      />
    </label>
  );
}

interface ChoiceProps<N extends ChoiceName> extends FieldProps<N> {
  readonly options: Readonly<Partial<Record<RoomDraft[N], string>>>;
  readonly hint?: string;
}

function Choice<N extends ChoiceName>({ name, options, fields, ...rest }: ChoiceProps<N>) {
  return (
    <Select
      {...rest}
      name={name}
      value={fields.draft[name]}
      options={Object.entries(options) as [RoomDraft[N], string][]}
      onChange={(value) => fields.change({ [name]: value })}
    />
  );
}

interface SelectProps<V extends string> {
  readonly label: string;
  readonly name: string;
  readonly value: V;
  readonly options: readonly (readonly [value: V, text: string])[];
  readonly hint?: string;
  onChange(value: V): void;
}

function Select<V extends string>({ label, name, value, options, hint, onChange }: SelectProps<V>) {
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
        {options.map(([option, text]) => (
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
