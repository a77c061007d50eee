// What a page of the dashboard is: its path, who may open it, and what it is made of.

import { BridgeError } from "../../errors.ts";
import type { Operations, Role } from "../../operations/operations.ts";
import type { Facts } from "./facts.ts";
import type { Page } from "./page-lage.ts";
import type { Screen } from "./screen.ts";
import type { Session } from "./sessions.ts";

export interface Asked {
  readonly operations: Operations;
  readonly facts: Facts;
  readonly screen: Screen;
  readonly session: Session;
  readonly params: Readonly<Record<string, string>>;
  /** Of a form; empty for a page. */
  readonly form: URLSearchParams;
}

/** Type of a table that is saved. */
export const CSV = "text/csv; charset=utf-8";

export interface Download {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

/** A page, a file, or where to go on; that keeps a form from being sent twice by reloading. */
export type Shown = Page | { readonly location: string } | { readonly download: Download };

export interface PageRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly roles: readonly Role[];
  /** It is kept current while it is open. */
  readonly live?: boolean;
  show(asked: Asked): Promise<Shown>;
}

export { READERS } from "../../operations/roles.ts";

/** A field that has to be filled. REQUEST_INVALID */
export function field(form: URLSearchParams, name: string, most = 500): string {
  const value = (form.get(name) ?? "").trim();
  if (value === "" || value.length > most)
    throw new BridgeError("REQUEST_INVALID", `the field ${name} takes 1 to ${most} characters`);
  return value;
}
