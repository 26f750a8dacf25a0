import { type KeyboardEvent, type ReactNode, useId } from "react";

export interface Tab<N extends string> {
  readonly name: N;
  readonly label: string;
  readonly count?: number;
}

interface TabsProps<N extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<N>[];
  readonly current: N;
  onChoose(name: N): void;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** Tabs by the ARIA pattern: arrow keys move between them, Tab goes on into the panel. */
export function Tabs<N extends string>(props: TabsProps<N>) {
  const { tabs, current, onChoose } = props;
  const id = useId();
  function onKeyDown(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const index = tabs.findIndex(({ name }) => name === current);
    const next = tabs[(index + by + tabs.length) % tabs.length]!;
    onChoose(next.name);
    document.getElementById(`${id}-${next.name}`)?.focus();
  }
  return (
    <>
      <header className="panel-head">
        <div className="tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
          {tabs.map(({ name, label, count }) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${name}`}
              className="tab"
              aria-selected={name === current}
              aria-controls={`${id}-panel`}
              tabIndex={name === current ? 0 : -1}
              onClick={() => onChoose(name)}
            >
              {label}
              {count !== undefined && count > 0 && <span className="count">{count}</span>}
            </button>
          ))}
        </div>
        {props.aside}
      </header>
      <div
        className="tab-panel"
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${current}`}
      >
        {props.children}
      </div>
    </>
  );
}
