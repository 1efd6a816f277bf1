import { Link } from "react-router";
import { buttonClass, Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { useTitle } from "../ui/useTitle";

export function MissingPage() {
  useTitle("Not found");
  return (
    <>
      <h1 className="sr-only">Not found</h1>
      <Notice icon="why" title="There is no such page">
        <Link to="/" className={buttonClass("solid")}>
          To the first page
        </Link>
      </Notice>
    </>
  );
}

/** Where the page itself failed. */
export function BrokenPage() {
  useTitle("Something broke");
  return (
    <main>
      <h1 className="sr-only">Something broke</h1>
      <Notice alert icon="warning" title="This page broke">
        <p>Loading it again usually helps.</p>
        <Button onClick={() => window.location.reload()}>Load it again</Button>
      </Notice>
    </main>
  );
}
