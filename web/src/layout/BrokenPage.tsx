import { Component, type ReactNode } from "react";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";

/** Where the page itself fails: nothing below it is shown then. */
export class BrokenPage extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main>
        <h1 className="sr-only">This page has failed</h1>
        <Notice alert icon="warning" title="This page has failed">
          <p>Reloading it usually helps.</p>
          <Button onClick={() => window.location.reload()}>Reload</Button>
        </Notice>
      </main>
    );
  }
}
