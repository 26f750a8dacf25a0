import type { ReactNode } from "react";

export interface Column<T> {
  readonly label: string;
  readonly isNumber?: boolean;
  /** Left out where there is little room. */
  readonly isMinor?: boolean;
  cell(item: T): ReactNode;
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly items: readonly T[];
  readonly loaded: boolean;
  readonly empty: string;
  keyOf(item: T): string;
}

/** A table that becomes a list of cards on a narrow screen (by style), with words for having nothing yet. */
export function Table<T>(props: TableProps<T>) {
  const { columns, items } = props;
  if (items.length === 0) {
    return <p className="empty">{props.loaded ? props.empty : "Loading…"}</p>;
  }
  const classOf = ({ isNumber, isMinor }: Column<T>) =>
    [isNumber ? "number" : "", isMinor ? "minor" : ""].filter(Boolean).join(" ");
  return (
    <table className="list" aria-label={props.label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.label} scope="col" className={classOf(column)}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={props.keyOf(item)}>
            {columns.map((column) => (
              <td key={column.label} className={classOf(column)} data-label={column.label}>
                {column.cell(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
