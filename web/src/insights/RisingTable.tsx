import type { Rising } from "../api/insights";
import { count } from "../format";
import { ListTable } from "./ListTable";

/** A list of queries or words whose share of users rose. */
export function RisingTable({ title, hint, rows }: { title: string; hint: string; rows: Rising[] }) {
  return (
    <ListTable title={title} hint={hint} columns={["name", "users", "before", "share"]} empty={rows.length === 0}>
      {rows.map((row) => (
        <tr key={row.name} className="border-t border-line">
          <th scope="row" className="py-2 pr-3 text-left font-normal [overflow-wrap:anywhere]">
            {row.name}
          </th>
          <td className="py-2 pl-3 text-right tabular-nums">{count(row.users)}</td>
          <td className="py-2 pl-3 text-right tabular-nums">{count(row.users_before)}</td>
          <td className="py-2 pl-3 text-right tabular-nums">{row.users_before ? `× ${row.ratio.toFixed(1)}` : "new"}</td>
        </tr>
      ))}
    </ListTable>
  );
}
