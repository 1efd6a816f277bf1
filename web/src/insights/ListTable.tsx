import { type ReactNode, useId } from "react";

interface ListTableProps {
  title: string;
  hint: string;
  columns: string[];
  empty: boolean;
  children: ReactNode;
}

/** A table with a heading, or a word in its place if it has no rows. */
export function ListTable({ title, hint, columns, empty, children }: ListTableProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <h2 id={id} className="text-lg font-semibold tracking-tight">
        {title}
      </h2>
      <p className="mt-1 text-sm text-ink-soft">{hint}</p>
      {empty ? (
        <p className="mt-4 text-sm text-ink-soft">None in these days.</p>
      ) : (
        <div className="relative -mx-1 mt-3 overflow-x-auto px-1" tabIndex={0} role="region" aria-labelledby={id}>
          <table className="w-full text-sm">
            <thead>
              <tr className="text-xs text-ink-soft">
                {columns.map((column, index) => (
                  <th key={column} scope="col" className={`pb-2 font-medium ${index ? "pl-3 text-right" : "text-left"}`}>
                    {column || <span className="sr-only">actions</span>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
    </div>
  );
}
