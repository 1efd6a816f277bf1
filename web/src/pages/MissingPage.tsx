import { Link } from "react-router";
import { buttonClass } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { useTitle } from "../ui/useTitle";

export function MissingPage() {
  useTitle("Not found");
  return (
    <>
      <h1 className="sr-only">Not found</h1>
      <Notice icon="why" title="Page not found">
        <Link to="/" className={buttonClass("solid")}>
          Go to the first page
        </Link>
      </Notice>
    </>
  );
}
