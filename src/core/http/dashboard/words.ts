// The words of the dashboard, in the two languages that it speaks; German is the first.

import type { Language } from "../pages/docs-words.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

export type Words = typeof de;

export const WORDS: Readonly<Record<Language, Words>> = { de, en };
