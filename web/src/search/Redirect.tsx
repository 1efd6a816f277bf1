/** A page of the shop that a rule leads this search to. Only addresses of web pages are links. */
export function Redirect({ address }: { address: string }) {
  if (!/^(https?:)?\//.test(address)) return null;
  return (
    <p className="arrive mb-6 rounded-2xl bg-accent-wash px-4 py-3 text-sm text-ink-soft">
      The shop has a page for this search:{" "}
      <a href={address} className="rounded font-medium text-accent underline [overflow-wrap:anywhere]">
        {address}
      </a>
    </p>
  );
}
