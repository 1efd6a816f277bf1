import { useOnline } from "../state/useOnline";
import { Icon } from "../ui/Icon";

/** What is shown stays; what is not waits. */
export function OfflineBanner() {
  const online = useOnline();
  return (
    <div role="status">
      {!online && (
        <p className="flex items-center justify-center gap-2.5 bg-substitute-wash px-6 py-2.5 text-center text-sm text-substitute">
          <Icon name="offline" className="size-4" />
          You are offline. What was found stays here; new searches wait until you are back.
        </p>
      )}
    </div>
  );
}
