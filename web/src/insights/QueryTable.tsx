import { Link } from "react-router";
import type { QueryFigures } from "../api/insights";
import { count } from "../format";
import { ListTable } from "./ListTable";
import { SynonymForm } from "./SynonymForm";

interface QueryTableProps {
  title: string;
  hint: string;
  rows: QueryFigures[];
  /** Whether each query gets a button that adds a synonym. */
  fixable?: boolean;
}

/** A list of queries with their counts; each leads to its results. */
export function QueryTable({ title, hint, rows, fixable = false }: QueryTableProps) {
  const columns = ["query", "users", "searches", "no result", "clicked", ...(fixable ? [""] : [])];
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
          {fixable && (
            <td className="py-2 pl-3 text-right">
              <SynonymForm words={row.query} />
            </td>
          )}
        </tr>
      ))}
    </ListTable>
  );
}
