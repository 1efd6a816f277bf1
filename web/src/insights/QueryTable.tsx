import { Link } from "react-router";
import type { QueryFigures } from "../api/insights";
import { count } from "../format";
import { buttonClass } from "../ui/Button";
import { ListTable } from "./ListTable";
import { SynonymForm } from "./SynonymForm";

interface QueryTableProps {
  title: string;
  hint: string;
  rows: QueryFigures[];
  /** Whether each query gets a button that adds a synonym. */
  fixable?: boolean;
  /** Whether each query gets a link to a new rule. */
  ruled?: boolean;
}

/** A list of queries with their counts; each leads to its results. */
export function QueryTable({ title, hint, rows, fixable = false, ruled = false }: QueryTableProps) {
  const columns = ["query", "users", "searches", "no result", "clicked", ...(fixable || ruled ? [""] : [])];
  return (
    <ListTable title={title} hint={hint} columns={columns} empty={rows.length === 0}>
      {rows.map((row) => (
        <tr key={row.query} className="border-t border-line">
          <th scope="row" className="py-2 pr-3 text-left font-normal [overflow-wrap:anywhere]">
            <Link to={`/search?q=${encodeURIComponent(row.query)}`} className="rounded underline decoration-line-strong underline-offset-4 hover:text-accent">
              {row.query}
            </Link>
          </th>
          {[row.users, row.searches, row.no_result, row.clicked].map((value, column) => (
            <td key={column} className="py-2 pl-3 text-right tabular-nums">
              {count(value)}
            </td>
          ))}
          {(fixable || ruled) && (
            <td className="py-2 pl-3 text-right">
              <div className="flex flex-wrap items-center justify-end gap-2">
                {ruled && (
                  <Link to={`/merchandising?q=${encodeURIComponent(row.query)}`} className={`${buttonClass("quiet")} whitespace-nowrap`}>
                    Pin products<span className="sr-only"> for {row.query}</span>
                  </Link>
                )}
                {fixable && <SynonymForm words={row.query} />}
              </div>
            </td>
          )}
        </tr>
      ))}
    </ListTable>
  );
}
