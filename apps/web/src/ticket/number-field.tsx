import { type KeyboardEvent, type ReactNode, useId } from "react";

export interface NumberFieldProps {
  readonly label: string;
  readonly unit?: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly invalid?: boolean;
  readonly name: string;
  onChange(value: string): void;
  /** By how many steps an arrow key moves: ±1, ±10 with Shift. */
  onStep?(by: number): void;
  readonly aside?: ReactNode;
}

/** A field for decimal text; arrow keys go one step up and down. */
export function NumberField(props: NumberFieldProps) {
  const id = useId();
  function onKeyDown(event: KeyboardEvent): void {
    const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (direction === 0 || props.onStep === undefined) return;
    event.preventDefault();
    props.onStep(direction * (event.shiftKey ? 10 : 1));
  }
  return (
    <div className="field">
      <div className="field-label">
        <label htmlFor={id}>{props.label}</label>
        {props.aside}
      </div>
      <div className="field-box">
        <input
          id={id}
          name={props.name}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          spellCheck={false}
          value={props.value}
          placeholder={props.placeholder}
          aria-invalid={props.invalid === true}
          onChange={(event) => props.onChange(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {props.unit !== undefined && <span className="field-unit">{props.unit}</span>}
      </div>
    </div>
  );
}
