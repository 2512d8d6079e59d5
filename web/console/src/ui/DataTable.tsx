import type { ReactNode } from "react";
import { Skeleton, UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { t } from "../i18n";
import { DownIcon } from "./icons";
import styles from "./DataTable.module.css";

export interface Column<T> {
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** Makes the column sortable. */
  sort?: (row: T) => string | number;
  /** The column that names the row; on a phone it is the card's head. */
  head?: boolean;
  align?: "end";
}

interface Props<T> {
  /** Where the order is remembered. */
  name: string;
  label: string;
  columns: Column<T>[];
  rows: T[] | undefined;
  id: (row: T) => string;
  onOpen?: (row: T) => void;
}

/** A table that sorts and remembers; below 640 px every row is a card. */
export function DataTable<T>({ name, label, columns, rows, id, onOpen }: Props<T>) {
  const [order, setOrder] = useLocalStorage<{ key: string; down: boolean } | null>({ key: `wardesk.order.${name}`, defaultValue: null, getInitialValueInEffect: false });
  const by = columns.find((column) => column.key === order?.key)?.sort;
  const sorted = by && rows ? [...rows].sort((a, b) => compare(by(a), by(b)) * (order?.down ? -1 : 1)) : rows;
  return (
    <table className={styles.table} role="table" aria-label={label} aria-busy={!rows}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" data-align={column.align} aria-sort={order?.key === column.key ? (order.down ? "descending" : "ascending") : undefined}>
              {column.sort ? (
                <UnstyledButton className={styles.sort} data-on={order?.key === column.key} data-down={order?.down} onClick={() => setOrder({ key: column.key, down: order?.key === column.key && !order.down })}>
                  {column.header} <DownIcon size={13} aria-hidden />
                </UnstyledButton>
              ) : (
                column.header || <span className="sr">{t("table.actions")}</span>
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {sorted
          ? sorted.map((row) => (
              <tr key={id(row)} role="row" data-open={onOpen !== undefined} onClick={onOpen && ((event) => (event.target as HTMLElement).closest("a,button,input") || onOpen(row))}>
                {columns.map((column) => (
                  <td key={column.key} role={column.head ? "rowheader" : "cell"} data-head={column.head} data-label={column.header} data-align={column.align}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))
          : [0, 1, 2, 3].map((row) => (
              <tr key={row} role="row">
                {columns.map((column) => (
                  <td key={column.key} role="cell">
                    <Skeleton height={12} width={`${40 + ((row * 17 + column.key.length * 11) % 50)}%`} />
                  </td>
                ))}
              </tr>
            ))}
      </tbody>
    </table>
  );
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}
