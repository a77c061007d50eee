// What callers may know of a bridge: its end and where to go, nothing of what is behind it.

import { describe, expect, it } from "vitest";
import type { OpenFace } from "../../src/core/calls/open-face.ts";
import { bridgeLifecycle } from "../../src/core/http/bridge-lifecycle.ts";
import type { Lifecycle } from "../../src/core/bridge/types.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

function known(now: string, changes: Partial<Lifecycle> = {}, retired?: string) {
  const at = Date.parse(now);
  const lifecycle = lifecycleOf(changes);
  const facts = retired === undefined ? {} : { retiredAt: Date.parse(retired) };
  const open = { bridge: bridgeOf({ lifecycle }) } as OpenFace;
  return bridgeLifecycle(open, standingOf(lifecycle, "Europe/Berlin", at, facts), at);
}

describe("what callers may know", () => {
  it("is all of this, and nothing else", () => {
    const guide = "https://neu.example/umstieg";
    expect(
      known("2027-05-01T00:00:00Z", { successor: { title: "Neu", url: "https://neu.example/api", guide } }),
    ).toEqual({
      name: "gewerbeanmeldung",
      title: "Gewerbeanmeldungen",
      state: "deprecated",
      deprecated: "2027-04-01T10:00:00+02:00",
      sunset: "2027-11-16T10:00:00+01:00",
      brownouts: [],
      successor: { title: "Neu", url: "https://neu.example/api", guide },
      contact: { name: "Fachdienst Gewerbe", email: "gewerbe@stadt.example" },
    });
  });

  it("is nothing before the bridge begins, and stays after it has ended", () => {
    expect(known("2026-10-31T00:00:00Z")).toBeUndefined();
    expect(known("2027-11-16T08:59:59Z")?.state).toBe("deprecated");
    expect(known("2027-11-16T09:00:00Z")?.state).toBe("sunset");
    expect(known("2027-11-17T00:00:00Z", {}, "2027-11-16T12:00:00Z")?.state).toBe("retired");
  });

  it("says by an extension when it really ends", () => {
    const extensions = [{ to: "2028-02-08", reason: "x", requestedBy: "a", approvedBy: "b", on: "2027-10-01" }];
    expect(known("2027-11-20T00:00:00Z", { extensions })).toMatchObject({
      state: "extended",
      sunset: "2028-02-08T10:00:00+01:00",
    });
  });

  it("announces brownouts until they are over", () => {
    const brownouts = [
      { from: "2027-10-05T10:00", to: "2027-10-05T11:00" },
      { from: "2027-11-02T10:00", to: "2027-11-02T11:00" },
      { from: "2027-12-07T10:00", to: "2027-12-07T11:00" },
    ];
    const first = { from: "2027-10-05T10:00:00+02:00", to: "2027-10-05T11:00:00+02:00" };
    const second = { from: "2027-11-02T10:00:00+01:00", to: "2027-11-02T11:00:00+01:00" };
    expect(known("2027-10-05T08:59:59Z", { brownouts })?.brownouts).toEqual([first, second]);
    expect(known("2027-10-05T09:00:00Z", { brownouts })?.brownouts).toEqual([second]);
    expect(known("2027-10-05T09:00:00Z", { brownouts }, "2027-10-01T00:00:00Z")?.brownouts).toEqual([]);
  });

  it("leads to no address that is none", () => {
    const successor = { title: "<b>", url: "javascript:alert(1)", guide: "https://neu.example/<b>" };
    expect(known("2027-05-01T00:00:00Z", { successor })?.successor).toEqual({
      title: "<b>",
      url: null,
      guide: "https://neu.example/%3Cb%3E",
    });
    expect(known("2027-05-01T00:00:00Z", { successor: undefined })?.successor).toBeNull();
  });
});
