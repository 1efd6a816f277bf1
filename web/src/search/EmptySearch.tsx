import { Notice } from "../ui/Notice";
import { ExampleLinks } from "./ExampleLinks";

/** What the page shows before there is a query. */
export function EmptySearch({ path = "/search" }: { path?: string }) {
  return (
    <>
      <h1 className="sr-only">Search</h1>
      <Notice icon="search" title="What are you looking for?">
        <ExampleLinks path={path} />
      </Notice>
    </>
  );
}
