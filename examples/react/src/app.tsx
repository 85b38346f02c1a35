import { type ReactNode, useState } from "react";
import { useEvents, useLatest, useStatus } from "@alkdev/pubsub/react";
import { link, pubsub } from "./link.ts";

const MAX_LINES = 8;

export function App(): ReactNode {
  const [build, setBuild] = useState<string>();
  return (
    <main>
      <header>
        <h1>Builds</h1>
        <Connection />
      </header>
      <Builds selected={build} onSelect={setBuild} />
      <button onClick={() => pubsub.publish("build.requested", "", { name: "docs" })}>Build the docs</button>
      {build !== undefined && <Log key={build} build={build} />}
    </main>
  );
}

function Connection(): ReactNode {
  const { state, gap, attempt } = useStatus(link);
  const text = state === "open"
    ? "connected"
    : state === "closed"
    ? "ended"
    : `${state}, attempt ${attempt ?? 1}`;
  return (
    <p className={`connection ${gap ? "gap" : state}`} role="status">
      {text}
      {gap && (
        <>
          {" · events may be missing "}<button onClick={() => location.reload()}>Reload</button>
        </>
      )}
    </p>
  );
}

function Builds({ selected, onSelect }: { selected?: string; onSelect: (id: string) => void }): ReactNode {
  const builds = useLatest(pubsub, "build.status");
  if (builds.size === 0) return <p className="empty">No build has reported yet.</p>;
  return (
    <ul className="builds">
      {[...builds.values()].map(({ id, payload: { name, state, percent } }) => (
        <li key={id} className={state} aria-current={id === selected}>
          <button
            onClick={() =>
              onSelect(id)}
          >
            {name}
          </button>
          <progress max={100} value={percent} />
          <span className="state">{state}</span>
        </li>
      ))}
    </ul>
  );
}

function Log({ build }: { build: string }): ReactNode {
  const [lines, setLines] = useState<readonly string[]>([]);
  useEvents(pubsub, "log.line", build, ({ payload }) => {
    setLines((lines) => [...lines, payload.text].slice(-MAX_LINES));
  });
  return <pre className="log">{lines.join("\n") || "Waiting for a line …"}</pre>;
}
