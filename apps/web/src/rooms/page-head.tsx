import { useEffect, useRef } from "react";

/** The heading of a page within the page. It gets the focus, so that keys and readers go on from here. */
export function PageHead({ title, back }: { title: string; back?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.title = `${title} · Mirrorbook`;
  }, [title]);
  return (
    <div className="page-head">
      {back !== undefined && (
        <a href={back} className="quiet" aria-label="All trade rooms">
          ‹ Rooms
        </a>
      )}
      <h2 ref={heading} tabIndex={-1} title={title}>
        {title}
      </h2>
    </div>
  );
}
